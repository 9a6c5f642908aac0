"""`dvc plots` finds its placeholder, and Vega is already there."""

import re

import pytest

from tasks.report.dvc_template import PLOTS, dvc_template, write_dvc_template


@pytest.fixture(scope="module")
def template():
    return dvc_template()


def test_dvc_fills_in_only_the_plots(template):
    # dvc_render/html.py replaces these three wherever they stand
    assert template.count(PLOTS) == 1
    assert "{scripts}" not in template
    assert "{refresh_tag}" not in template


def test_vega_is_inside(template):
    assert "window.vegaEmbed" in template
    assert re.findall(r"<script\b[^>]*>", template) == ["<script>"]
    assert template.count("</script>") == 1


def test_the_page_may_not_fetch(template):
    assert "default-src 'none'" in template
    assert "connect-src" not in template


def test_the_template_is_written_whole(tmp_path, template, monkeypatch):
    monkeypatch.setattr("tasks.report.dvc_template.dvc_template", lambda: template)  # making it takes a second
    write_dvc_template(tmp_path / "a" / "plots.html")
    assert (tmp_path / "a" / "plots.html").read_text() == template
