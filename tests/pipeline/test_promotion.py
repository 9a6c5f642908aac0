"""An alias set by hand, as MLflow's page sets it, with real flows, a real Prefect server and clean processes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.conftest import Workspace as Folder
from tests.torture.workspace import copy_workspace
from tests.unit.register.conftest import Workspace

pytestmark = pytest.mark.pipeline

STORY = """
import json, sys, threading
from pathlib import Path
from tasks.paths import Paths
from flows.serving.server import prepare_environment
paths = Paths(Path(sys.argv[1]))
prepare_environment(paths)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from flows.promote import promote
from flows.reconcile import reconcile
from flows.registry import open_registry

told = {"while_paused": []}
done = threading.Event()

def answer_all(answers):
    paused = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))
    with get_client(sync_client=True) as client:
        while answers and not done.is_set():
            for run in client.read_flow_runs(flow_run_filter=paused):
                told["while_paused"].append(aliases())
                client.resume_flow_run(run.id, run_input=answers.pop(0))
            done.wait(0.2)

with open_registry(paths) as registry:
    client, name = registry.store.client, registry.name
    aliases = lambda: {key: int(value) for key, value in client.get_registered_model(name).aliases.items()}
    person = threading.Thread(target=answer_all, args=([
        {"decision": "approve", "approver": "", "reason": "no name"},
        {"decision": "approve", "approver": "bob", "reason": "read the errors"},
    ],))
    person.start()
    client.set_registered_model_alias(name, "champion", "2")
    told["asked"] = promote(workspace=sys.argv[1], version=2, via="ui")
    done.set()
    person.join()
    told["after"] = aliases()
    told["repeated"] = promote(workspace=sys.argv[1], version=2, via="ui")
    client.set_registered_model_alias(name, "champion", "1")
    told["worse"] = reconcile(workspace=sys.argv[1])
    told["put_back"] = aliases()
    told["tag"] = client.get_model_version(name, "1").tags["promotion"]
    with get_client(sync_client=True) as api:
        runs = [run for run in api.read_flow_runs() if run.name.startswith("promote-")]
        told["runs"] = sorted([run.name, run.state.type.value] for run in runs)
        told["artifacts"] = [each.data for each in api.read_artifacts() if each.key == "promotion-report"]
print(json.dumps(told, default=str))
"""


@pytest.fixture
def folder(two_versions: Workspace, tmp_path: Path, server: str) -> Iterator[Folder]:
    """Two versions, and an approval that a person has to give."""
    copy_workspace(two_versions.paths.root, tmp_path / "workspace")
    params = tmp_path / "workspace" / "params.yaml"
    settings = yaml.safe_load(params.read_text())
    settings["register"]["gate"] |= {"champion_tolerance": None, "slice_tolerance": None}  # one model less to load
    params.write_text(yaml.safe_dump(settings | {"promote": {"approval": True, "approval_hours": 1.0}}))
    made = Folder(tmp_path / "workspace", {"PREFECT_API_URL": server})
    yield made
    made.end_all()


def test_an_alias_set_by_hand_is_judged_approved_and_kept_and_a_worse_one_put_back(folder: Folder) -> None:
    done = folder._run([sys.executable, "-c", STORY, str(folder.root)], {})
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["while_paused"] == [{"champion": 1, "challenger": 2}] * 2  # the old champion serves meanwhile
    assert told["asked"]["what"] == "promoted"
    entry = told["asked"]["entry"]
    assert (entry["via"], entry["before"], entry["after"]) == ("ui", 1, 2)
    assert entry["evidence"]["approval"] == {"approver": "bob", "decision": "approve", "reason": "read the errors"}
    assert told["after"] == {"champion": 2}
    assert told["repeated"]["what"] == "unchanged"
    assert "v1 of tiny does not become the champion: test_rows: " in told["worse"]["done"][0]
    assert told["put_back"] == {"champion": 2}
    assert told["tag"].startswith("PUT BACK: test_rows: ")
    assert told["runs"] == [["promote-v2-ui", "COMPLETED"]] * 2
    assert any("| loads | passed |" in each for each in told["artifacts"])
