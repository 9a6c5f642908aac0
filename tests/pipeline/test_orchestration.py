"""DVC and Prefect share one state; what fails is told in its own words and loses nothing. Stages are fake here."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tasks import stages

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
STAGES = list(stages.STAGES)


def _ask(server: str, route: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server}/{route}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def _last_flow_run(server: str) -> dict[str, Any]:
    found: dict[str, Any] = _ask(server, "flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})[0]
    return found


def _task_states(server: str) -> dict[str, str]:
    """State by task-run name of the last flow run."""
    run = _last_flow_run(server)
    tasks = _ask(server, "task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    return {each["name"]: each["state"]["name"] for each in tasks}


def _lines(output: str, mark: str) -> list[str]:
    """The stages whose line says `mark`."""
    return [line.split()[2] for line in output.splitlines() if line.split()[1:2] == [mark]]


def test_after_the_flow_dvc_has_nothing_to_do_and_only_what_changed_is_made_again(fake: Workspace, server: str) -> None:
    done = fake.finetrace("run", "--until", "evaluate")
    assert (done.returncode, done.stderr) == (0, "")
    assert _lines(done.stdout, "made") == STAGES
    assert fake.dvc("repro").stdout.strip().splitlines()[-1] == "Data and pipelines are up to date."

    params = fake.root / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 2", "epochs: 3"))
    done = fake.finetrace("run", "--until", "evaluate")
    assert _lines(done.stdout, "cached") == STAGES[:4]
    assert _lines(done.stdout, "made") == STAGES[4:]
    assert _task_states(server) == dict.fromkeys(STAGES[:4], "Cached") | dict.fromkeys(STAGES[4:], "Completed")
    assert _last_flow_run(server)["state"]["type"] == "COMPLETED"


def test_after_dvc_the_flow_has_nothing_to_do_and_does_not_even_start(reproduced: Workspace, server: str) -> None:
    before = _last_flow_run(server)["id"] if _ask(server, "flow_runs/filter", {}) else None
    done = reproduced.finetrace("run", "--until", "evaluate")
    assert done.returncode == 0
    assert _lines(done.stdout, "cached") == STAGES
    assert (_last_flow_run(server)["id"] if _ask(server, "flow_runs/filter", {}) else None) == before


def test_bad_data_is_told_in_one_line_and_the_last_good_outputs_stay(reproduced: Workspace, server: str) -> None:
    good = {name: content for name, content in reproduced.outputs().items() if "raw" not in name}
    with (reproduced.root / "data" / "raw" / "rows.csv").open("a") as file:
        file.write("one more,login\n")
    done = reproduced.finetrace("run", "--until", "evaluate", FAKE_FAIL="ingest")
    assert done.returncode == 4
    assert done.stderr == "Data: data/raw/rows.csv:3: column 'text': is bad; mend it\n"
    assert {name: content for name, content in reproduced.outputs().items() if "raw" not in name} == good
    assert _task_states(server) == {"ingest": "Failed"}  # and was not tried again


def test_every_mistake_in_params_is_told_before_any_work(fake: Workspace) -> None:
    params = fake.root / "params.yaml"
    params.write_text(
        params.read_text().replace("epochs: 2", "epochs: -1, sede: 1").replace("resamples: 200", "resamples: x")
    )
    done = fake.finetrace("run")
    assert done.returncode == 2
    assert [key for key in ("finetune.epochs", "finetune.sede", "evaluate.resamples") if key not in done.stderr] == []
    assert list(fake.outputs()) == ["data/raw/rows.csv"]


def test_stage_that_the_system_killed_is_tried_again(fake: Workspace, tmp_path: Path, server: str) -> None:
    done = fake.finetrace("run", "--until", "validate", FAKE_KILL=f"validate:{tmp_path / 'marker'}")
    assert (done.returncode, done.stderr) == (0, "")
    assert _lines(done.stdout, "made") == STAGES[:2]
    run = _last_flow_run(server)
    tasks = _ask(server, "task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert {each["name"]: each["run_count"] for each in tasks} == {"ingest": 1, "validate": 2}


def test_settings_never_reach_a_shell(fake: Workspace) -> None:
    hostile = "data/raw/; touch canary; $(touch canary) `touch canary` ' \" -x.csv"
    (fake.root / "data" / "raw" / "rows.csv").rename(fake.root / hostile)
    (fake.root / "canary\n").parent.mkdir(exist_ok=True)
    params = fake.root / "params.yaml"
    quoted = json.dumps(hostile)
    params.write_text(params.read_text().replace("{path: data/raw/rows.csv}", f"{{path: {quoted}}}"))
    done = fake.finetrace("run", "--until", "validate")
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(fake.root.rglob("canary*"))


def test_hostile_key_in_params_is_a_mistake_and_not_a_command(fake: Workspace) -> None:
    with (fake.root / "params.yaml").open("a") as params:
        params.write('"x; touch canary": 1\n')
    assert fake.finetrace("run").returncode == 2
    assert not list(fake.root.rglob("canary*"))


def test_secrets_stay_out_of_logs_reports_and_prefect(fake: Workspace, server: str) -> None:
    canary, in_url = "canary-4711-secret", "hunter22"
    said = f"api_key: {canary} https://ann:{in_url}@host/x and {canary}"
    done = fake.finetrace("run", "--until", "ingest", FAKE_SAY=said, MY_API_TOKEN=canary)
    assert done.returncode == 0
    run = _last_flow_run(server)
    logs = _ask(server, "logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200})
    told = "\n".join(each["message"] for each in logs)
    assert "***" in told
    everywhere = told + done.stdout + done.stderr + json.dumps(run)
    for file in [*(fake.root / ".finetrace").rglob("*"), fake.root / "dvc.lock"]:
        everywhere += file.read_text(errors="replace") if file.is_file() else ""
    assert canary not in everywhere
    assert in_url not in everywhere


@pytest.mark.parametrize(("file", "code"), [("dvc.lock", 5), (".dvc/tmp/rwlock", 5)])
def test_broken_file_of_dvc_is_named_with_its_mend(reproduced: Workspace, file: str, code: int) -> None:
    (reproduced.root / file).write_text("{ broken")
    done = reproduced.finetrace("run", "--until", "validate")
    assert done.returncode == code
    assert Path(file).name in done.stderr
    assert "Traceback" not in done.stderr
    (reproduced.root / file).unlink()
    assert reproduced.finetrace("run", "--until", "validate").returncode == 0


def test_status_tells_what_is_stale_and_why(reproduced: Workspace) -> None:
    params = reproduced.root / "params.yaml"
    params.write_text(params.read_text().replace("resamples: 200", "resamples: 300"))
    done = reproduced.finetrace("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["stages"] == {name: [] for name in STAGES[:5]} | {"evaluate": ["evaluate modified"]}
    assert found["holder"] is None
    assert not (reproduced.root / "mlflow.db").exists()  # looking makes nothing
