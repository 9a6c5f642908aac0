"""From a schedule to a rollback, with real servers, real stages and real clicks.

One story, told in order: a schedule fires and the first version is the champion; new data make a second one; a person
promotes it by clicking in MLflow's pages, and rolls back; a worse one, set over MLflow's API, is put back; the audit
finds every byte where it belongs, and a version is made again from nothing but what is recorded of it.
"""

import json
import os
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.pipeline.browser import Browser, open_browser
from tests.pipeline.conftest import WORDS, make_workspace
from tests.pipeline.service import NAME, Service, ask, free_port

pytestmark = pytest.mark.pipeline
PICTURES = "FINETRACE_PICTURES"
"""Environment variable: a folder that gets the pictures of what is clicked, for the docs."""
BUSY = ("SCHEDULED", "PENDING", "RUNNING")


def set_lines(root: Path, **sections: str) -> None:
    """Write sections of params.yaml anew."""
    file = root / "params.yaml"
    kept = [line for line in file.read_text().splitlines() if line.partition(":")[0] not in sections]
    file.write_text("\n".join([*kept, *(f"{name}: {text}" for name, text in sections.items())]) + "\n")


def add_rows(root: Path) -> None:
    """Thirty new rows."""
    draw = random.Random(11)  # noqa: S311 - not a secret
    rows = [
        (" ".join(["hello", *draw.sample(words.split(), 4)]), label)
        for label, words in WORDS.items()
        for _ in range(10)
    ]
    with (root / "data" / "raw" / "rows.csv").open("a") as file:
        file.write("".join(f"{text},{label}\n" for text, label in dict.fromkeys(rows)))


def ended(service: Service) -> list[dict[str, Any]]:
    """Retrainings that ended well, the oldest first."""
    found = [each for each in service.runs("retrain") if each["state"]["type"] == "COMPLETED"]
    return sorted(found, key=lambda each: str(each["start_time"]))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`finetrace up` in a committed workspace whose schedule fires every minute."""
    workspace = make_workspace(tmp_path_factory.mktemp("trust"), fake=False)
    root = workspace.root
    set_lines(
        root,
        validate='{label_errors: "off"}',
        finetune="{epochs: 2, calibrate: false, strategy: {kind: feature_extraction}}",
        schedule='{cron: "* * * * *", timezone: Europe/Vienna, on_data_change: true, check_minutes: 60}',
    )
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    subprocess.run(["git", "config", "user.email", "ann@example.org"], cwd=root, check=True)
    subprocess.run([*git, "add", "--all"], cwd=root, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "as given"], cwd=root, check=True)
    ports = {name: free_port() for name in ("mlflow", "prefect", "receiver")}
    options = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
    up = workspace.start("up", *options)
    made = Service(workspace, up, *(f"http://127.0.0.1:{ports[name]}" for name in ("mlflow", "prefect")))
    try:
        made.wait((root / ".finetrace" / "servers.json").exists)
        yield made
    finally:
        workspace.end_all()


def test_a_schedule_fires_and_the_first_version_is_the_champion(service: Service) -> None:
    service.wait(lambda: [each for each in service.runs("retrain") if each["start_time"] and each["auto_scheduled"]])
    deployment = ask(f"{service.prefect}/api/deployments/name/retrain/local")
    ask(f"{service.prefect}/api/deployments/{deployment['id']}/pause_deployment", {})  # once is enough
    service.wait(lambda: service.champion() == 1)
    [first] = service.history()
    assert (first["action"], first["version"], first["after"]) == ("register", 1, 1)
    service.wait(lambda: [each for each in ended(service) if each["auto_scheduled"]])


def test_new_data_make_a_challenger(service: Service) -> None:
    service.wait(lambda: not [each for each in service.runs("retrain") if each["state"]["type"] in BUSY])
    before = len(ended(service))
    add_rows(service.workspace.root)
    service.start_deployment("data-change/local")
    service.wait(lambda: 2 in service.versions())
    service.wait(lambda: service.versions()[2]["aliases"] == ["challenger"])
    assert service.champion() == 1
    [run] = service.wait(lambda: ended(service)[before:])
    assert run["parameters"]["trigger"] == "data"


def click_champion(page: Browser, service: Service, version: int, pictures: Path | None) -> None:
    """What a person does in MLflow's pages to make a version the champion."""

    def picture(name: str) -> None:
        if pictures is not None:
            page.picture(pictures / f"{name}.png")

    page.go(f"{service.mlflow}/?workflowType=machine_learning#/models/{NAME}/versions/{version}")
    page.wait_for_text("Aliases")
    page.click("document.querySelector('[data-component-id*=modelversionviewaliaseditor]')")
    page.click(field := "document.querySelector('[role=dialog] input')")
    page.wait(f"document.activeElement === {field}")
    page.type("champion")
    page.wait("document.querySelector('[class*=option-active][title=champion]')?.title")
    page.press("Enter")
    page.wait_for_text('The "champion" alias is also being used on version 1')
    picture("alias")
    page.click_button("Save aliases")


def test_a_click_in_the_pages_of_mlflow_promotes_if_the_gates_agree(service: Service, tmp_path: Path) -> None:
    pictures = Path(os.environ[PICTURES]) if PICTURES in os.environ else None
    with open_browser(tmp_path / "profile") as page:
        click_champion(page, service, 2, pictures)
        service.wait(lambda: service.told(2).startswith("CHAMPION: kept v2"))
        page.go("about:blank")
        page.go(f"{service.mlflow}/?workflowType=machine_learning#/models/{NAME}/versions/2")
        page.wait_for_text("CHAMPION: kept v2")
        if pictures is not None:
            page.picture(pictures / "kept.png")
    assert service.champion() == 2
    entry = service.history()[-1]
    told = (entry["action"], entry["version"], entry["before"], entry["after"], entry["via"])
    assert told == ("promote", 2, 1, 2, "ui")


def test_rollback_brings_the_champion_before_back(service: Service) -> None:
    service.finetrace("rollback", "--reason", "to see whether it works", "--by", "ann")
    assert service.champion() == 1
    entry = service.history()[-1]
    assert (entry["action"], entry["before"], entry["after"], entry["by"]) == ("rollback", 2, 1, "ann")


def test_a_worse_model_set_as_champion_is_put_back_with_the_reason(service: Service) -> None:
    root = service.workspace.root
    good = (root / "params.yaml").read_text()
    off = "{finite: true, min_accuracy: null, min_macro_f1: null, max_ece: null, baseline_tolerance: null, "
    set_lines(
        root,
        finetune="{epochs: 1, calibrate: false, strategy: {kind: feature_extraction, inverse_penalty: 1.0e-6}}",
        register=f"{{name: {NAME}, gate: {off}champion_tolerance: null, slice_tolerance: null}}}}",
    )
    service.finetrace("run")
    (root / "params.yaml").write_text(good)
    assert service.versions()[3]["aliases"] == ["challenger"]
    service.set_champion(3)
    service.wait(lambda: service.told(3).startswith("PUT BACK: "))
    assert service.champion() == 1
    entry = service.history()[-1]
    assert (entry["action"], entry["version"], entry["before"], entry["after"]) == ("refuse", 3, 1, 1)
    assert "min_accuracy" in entry["reason"]


def test_the_audit_finds_nothing_wrong_with_any_version(service: Service) -> None:
    told = json.loads(service.finetrace("audit", "--all", "--json"))
    assert (told["clean"], len(told["versions"])) == (True, 3)


def test_the_champion_is_made_again_to_the_same_bytes(service: Service) -> None:
    told = service.finetrace("reproduce", f"models:/{NAME}/1")
    assert "identical" in told
    assert re.match("identical", service.versions()[1]["tags"]["reproduced"])


def test_down_ends_all_of_it(service: Service) -> None:
    family = psutil.Process(service.up.pid).children(recursive=True)
    service.finetrace("down")
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert service.up.wait(20) == 0
