import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from flows import lineage_events
from flows.lineage_events import MISSING, Data, Event, Teller, is_asked_for, read_files
from flows.lineage_events import lineage_events as telling
from flows.news import Outcome, Started, tell
from tasks.digest import digests_of_file
from tasks.paths import Paths

FLOW_RUN = "2ef06c48-1111-4111-8111-111111111111"


class Catalogue:
    """Takes events, until it breaks."""

    def __init__(self, takes: int = 100) -> None:
        self.takes, self.events, self.asked, self.warned = takes, list[Event](), 0, list[str]()

    def send(self, event: Event) -> None:
        self.asked += 1
        if self.asked > self.takes:
            raise ConnectionError("it is gone")
        self.events.append(event)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(each.state, each.job) for each in self.events]


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    made = Catalogue()
    monkeypatch.setattr(lineage_events, "_open_client", lambda warn: made.send)
    return made


@pytest.fixture
def locked(tmp_path: Path) -> Paths:
    """A workspace whose dvc.lock names a raw file, code and an output."""
    paths = Paths(tmp_path)
    for name, text in (("data/raw.csv", "rows"), ("data/ingested/rows.parquet", "read"), ("tasks/table.py", "code")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def entry(name: str) -> dict[str, str]:
        return {"path": name, "md5": digests_of_file(tmp_path / name)[0]}

    deps, outs = [entry("data/raw.csv"), entry("tasks/table.py")], [entry("data/ingested/rows.parquet")]
    lock = {"stages": {"ingest": {"deps": deps, "outs": outs}}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump(lock))
    return paths


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, False),
        ({"OPENLINEAGE_URL": "http://127.0.0.1:5000"}, True),
        ({"OPENLINEAGE_CONFIG": "openlineage.yml"}, True),
        ({"OPENLINEAGE__TRANSPORT__TYPE": "file"}, True),
        ({"OPENLINEAGE_URL": "http://127.0.0.1:5000", "OPENLINEAGE_DISABLED": "true"}, False),
    ],
)
def test_events_are_told_only_if_somebody_said_where_to(environ: dict[str, str], asked: bool) -> None:
    assert is_asked_for(environ) is asked


def test_flow_and_stages_that_ran_are_told_with_what_they_read_and_wrote(catalogue: Catalogue, locked: Paths) -> None:
    with telling(locked, FLOW_RUN, catalogue.warned.append):
        tell(Started("ingest"))
        tell(Outcome("ingest", True, 1.0))
        tell(Outcome("validate", False, 0.0))
    flow, stage = "finetrace.retrain", "finetrace.retrain.ingest"
    assert catalogue.told == [("START", flow), ("START", stage), ("COMPLETE", stage), ("COMPLETE", flow)]
    made = catalogue.events[2]
    assert [each.name for each in made.inputs] == ["data/raw.csv"]
    assert made.outputs[0] == Data("data/ingested/rows.parquet", *digests_of_file(locked.root / made.outputs[0].name))
    assert (made.parent, catalogue.events[0].run_id) == (FLOW_RUN, FLOW_RUN)
    assert made.run_id == catalogue.events[1].run_id != FLOW_RUN


def test_failure_is_told_of_the_stage_and_of_the_flow_without_secrets_and_goes_on(
    catalogue: Catalogue, locked: Paths
) -> None:
    with pytest.raises(ValueError, match="bad"), telling(locked, "", catalogue.warned.append):
        tell(Started("ingest"))
        raise ValueError("bad password=hunter2")
    assert catalogue.told[-2:] == [("FAIL", "finetrace.retrain.ingest"), ("FAIL", "finetrace.retrain")]
    assert "bad" in catalogue.events[-1].message and "hunter2" not in catalogue.events[-1].message


def test_catalogue_that_breaks_stops_nothing_is_told_once_and_asked_no_more(
    catalogue: Catalogue, locked: Paths
) -> None:
    catalogue.takes = 1
    with telling(locked, FLOW_RUN, catalogue.warned.append):
        tell(Started("ingest"))
        tell(Outcome("ingest", True, 1.0))
    assert (catalogue.asked, len(catalogue.warned)) == (2, 1)
    assert "it is gone" in catalogue.warned[0]


def test_missing_library_is_one_line_and_stops_nothing(locked: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "openlineage", None)
    monkeypatch.setitem(sys.modules, "openlineage.client", None)
    warned: list[str] = []
    with telling(locked, FLOW_RUN, warned.append):
        tell(Started("ingest"))
    assert warned == [MISSING]


def test_broken_dvc_lock_is_left_to_those_who_need_it(locked: Paths) -> None:
    (locked.root / "dvc.lock").write_text("stages: [")
    teller = Teller(locked, FLOW_RUN, (catalogue := Catalogue()).send, catalogue.warned.append)
    teller.hear(Started("ingest"))
    teller.hear(Outcome("ingest", True, 1.0))
    assert catalogue.events[-1].state == "COMPLETE" and list(catalogue.events[-1].outputs) == []


def test_file_that_is_not_as_recorded_has_no_sha256(locked: Paths) -> None:
    (locked.root / "data" / "raw.csv").write_text("other")
    inputs, _ = read_files(locked, "ingest")
    assert inputs[0].sha256 == "" and inputs[0].md5


def record(name: str) -> Callable[..., Any]:
    """A class that remembers what it was made of."""
    return lambda *given, **named: SimpleNamespace(kind=name, given=given, **named)


def test_client_is_handed_events_in_its_own_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    client, events, facets = (ModuleType(f"openlineage.client{each}") for each in ("", ".event_v2", ".facet_v2"))
    client.OpenLineageClient = lambda: SimpleNamespace(emit=sent.append)  # type: ignore[attr-defined]
    for name in ("InputDataset", "Job", "OutputDataset", "Run", "RunEvent"):
        setattr(events, name, record(name))
    events.RunState = {"COMPLETE": "complete"}  # type: ignore[attr-defined]
    facets.parent_run = SimpleNamespace(**{each: record(each) for each in ("ParentRunFacet", "Run", "Job")})  # type: ignore[attr-defined]
    facets.error_message_run = SimpleNamespace(ErrorMessageRunFacet=record("error"))  # type: ignore[attr-defined]
    facets.dataset_version_dataset = SimpleNamespace(DatasetVersionDatasetFacet=record("version"))  # type: ignore[attr-defined]
    for module in (ModuleType("openlineage"), client, events, facets):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    from flows.lineage_client import open_client

    event = Event(
        "COMPLETE", "finetrace.retrain.split", FLOW_RUN, "p", [Data("data/a", "m")], [Data("data/b", "m", "s")]
    )
    open_client("ns")(event)
    (made,) = sent
    assert (made.eventType, made.run.runId, made.job.name, made.job.namespace) == (
        "complete",
        FLOW_RUN,
        "finetrace.retrain.split",
        "ns",
    )
    assert made.run.facets["parent"].job.name == "finetrace.retrain"
    versions = [each.facets["version"].datasetVersion for each in (*made.inputs, *made.outputs)]
    assert versions == ["md5:m", "md5:m sha256:s"]
    assert "errorMessage" not in made.run.facets and asdict(event)["message"] == ""
