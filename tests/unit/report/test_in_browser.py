"""A real browser opens the pages and asks the network for nothing."""

import json
import shutil
import subprocess

import pytest

from tasks.report.dvc_template import PLOTS, dvc_template
from tasks.report.run_report import render_run_report

pytestmark = pytest.mark.pipeline

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--virtual-time-budget=5000",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no call leaves this machine, the browser's own neither
)
SPEC = {"data": {"values": [{"a": 1}]}, "mark": "point", "encoding": {"x": {"field": "a", "type": "quantitative"}}}


@pytest.fixture
def open_page(tmp_path):
    """A function: HTML → (addresses the browser asked the network for, the page's DOM afterwards)."""
    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
    )
    assert browser, "no chromium on PATH; install it (apt-get install chromium) to check that the pages make no request"

    def opened(html):
        page, log = tmp_path / "page.html", tmp_path / "net.json"
        page.write_text(html, encoding="utf-8")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [browser, *SWITCHES, profile, f"--log-net-log={log}", "--dump-dom", page.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        events = json.loads(log.read_text(encoding="utf-8"))["events"]
        requests = [each["params"] for each in events if "initiator" in each.get("params", {})]
        # what the browser asks for itself has no page that began it
        addresses = {each["url"] for each in requests if each["initiator"] != "not an origin"}
        return {each for each in addresses if not each.startswith(("file:", "data:"))}, shown

    return opened


def test_the_check_sees_a_request_when_there_is_one(open_page):
    asked, _ = open_page('<img src="http://127.0.0.1:9/picture.png">')
    assert asked == {"http://127.0.0.1:9/picture.png"}


def test_the_report_makes_no_request(open_page, workspace, verdict):
    asked, shown = open_page(render_run_report(workspace, verdict))
    assert asked == set()
    assert "✗ refused" in shown


def test_dvc_plots_are_drawn_without_a_request(open_page):
    plot = f"<div id='plot'><script>vegaEmbed('#plot', {json.dumps(SPEC)});</script></div>"
    asked, shown = open_page(dvc_template().replace(PLOTS, plot))
    assert asked == set()
    assert 'class="marks"' in shown
