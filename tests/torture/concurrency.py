"""20 to 22: several at once, on one workspace, on a store that is not there yet, on one registered model."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME, first_runs, registered, trained
from tests.torture.workspace import Workspace

PROCESSES = 8
OWN, OWN_FULL = 2, 25
"""Registrations of different content by each process, beside the one that all share."""
REGISTER_MANY = """
import sys, yaml
from pathlib import Path
from typing import Any
from flows.cli import app
from flows.exit import run_app
params = Path("params.yaml")
before = yaml.safe_load(params.read_text())
codes = []
for number in range(int(sys.argv[2]) + 1):
    finetune = before["finetune"] | ({"checkpoint_steps": 1_000 * int(sys.argv[1]) + number} if number else {})
    params.write_text(yaml.safe_dump(before | {"finetune": finetune}))
    codes.append(run_app(app, ["register", "--json"]))
print("codes", *codes)
sys.exit(max(codes))
"""
"""In each process first the content that all share, then its own: settings are part of a version's content."""


def _at_once(place: Place) -> Done:
    """Two `finetrace run` started at the same moment in a fresh workspace: one works, the other names it."""
    runs = first_runs(place.lab)
    codes = sorted(each.code for each in runs.at_once)
    require(codes == [0, 6], f"exit codes {codes}")
    loser = max(runs.at_once, key=lambda each: each.code)
    return require_words(loser, f"process {runs.holder} ")


def _later(place: Place) -> Done:
    runs = first_runs(place.lab)
    return require_words(runs.later, f"process {runs.holder} ", "Wait")


def _one_version(place: Place) -> Done:
    workspace = registered(place)
    done = workspace.finetrace("run", "--json")
    versions = workspace.query("SELECT version FROM model_versions WHERE name NOT LIKE '%.ledger'")
    require(versions == [(1,)], f"versions: {versions}")
    finished = workspace.query("SELECT status FROM runs")
    require(finished == [("FINISHED",)], f"MLflow runs: {finished}")
    return done


def _dead_holder(place: Place) -> Done:
    """A killed holder does not lock the workspace for ever."""
    workspace = registered(place)
    running = workspace.start("-m", "flows.cli", "run", "--force", "--until", "ingest")
    lock = workspace.root / ".finetrace/lock"
    held = running.wait_until(lambda: lock.exists() and str(running.pid) in lock.read_text())
    running.kill()
    require(held and running.finish().code == 137, "it was not killed while it held the workspace")
    place.kills = True
    return workspace.finetrace("register")


def _virgin(place: Place) -> Done:
    """Eight commands that need the MLflow store, at once, where there is none."""
    workspace = trained(place)
    command = ("-m", "flows.cli", "predict", "text", "--model", f"models:/{NAME}@champion")
    running = [workspace.start(*command) for _ in range(PROCESSES)]
    done = [workspace.finish(each) for each in running]
    codes = Counter(each.code for each in done)
    require(
        codes == {4: PROCESSES}, f"exit codes {dict(codes)}: {[each.last_words for each in done if each.code != 4][:1]}"
    )
    experiments = workspace.query("SELECT count(*) FROM experiments WHERE name = 'finetrace'")
    require(experiments == [(1,)], f"experiments called finetrace: {experiments}")
    require(workspace.query("PRAGMA integrity_check") == [("ok",)], "the store is broken")
    return require_words(done[0], "is not registered")


def _virgin_status(place: Place) -> Done:
    """Eight looks at a workspace that has no state at all."""
    workspace = trained(place)
    running = [workspace.start("-m", "flows.cli", "status", "--json") for _ in range(PROCESSES)]
    done = [workspace.finish(each) for each in running]
    return max(done, key=lambda each: each.code)


def _many(place: Place) -> tuple[Path, list[Done], int]:
    """Eight processes register in one virgin store at once; the store, what they said, contents of their own."""

    def make(made_in: Place) -> tuple[Path, list[Done], int]:
        own = OWN_FULL if made_in.lab.full else OWN
        shared = made_in.folder / "shared"
        shared.mkdir(mode=0o700)
        uri = f"sqlite:///{shared}/mlflow.db"
        workspaces: list[Workspace] = [trained(made_in, f"workspace-{number}") for number in range(PROCESSES)]
        running = [
            each.start("-c", REGISTER_MANY, str(number), str(own), extra={"MLFLOW_TRACKING_URI": uri})
            for number, each in enumerate(workspaces, 1)
        ]
        seconds = 600.0 * (own + 1)
        return (
            shared / "mlflow.db",
            [each.finish(one, seconds) for each, one in zip(workspaces, running, strict=True)],
            own,
        )

    return place.lab.once("registrations", make)


def _contiguous(place: Place) -> Done:
    database, done, own = _many(place)
    failed = [each.last_words for each in done if each.code]
    require(not failed, f"{len(failed)} of {PROCESSES} processes failed: {failed[:1]}")
    versions = [
        int(version)
        for (version,) in _ask(
            database, "SELECT version FROM model_versions WHERE name NOT LIKE '%.ledger' ORDER BY version"
        )
    ]
    due = list(range(1, PROCESSES * own + 2))
    require(versions == due, f"versions {versions}, not 1 to {due[-1]}")
    return done[0]


def _once_each(place: Place) -> Done:
    database, done, own = _many(place)
    tags = _ask(
        database, "SELECT value, count(*) FROM model_version_tags WHERE key = 'finetrace.content' GROUP BY value"
    )
    require(len(tags) == PROCESSES * own + 1, f"{len(tags)} different contents")
    require({count for _, count in tags} == {1}, f"contents registered more than once: {tags}")
    return done[0]


def _one_champion(place: Place) -> Done:
    database, done, _ = _many(place)
    aliases = _ask(database, "SELECT alias, count(*) FROM registered_model_aliases GROUP BY alias ORDER BY alias")
    require(aliases == [("challenger", 1), ("champion", 1)], f"aliases: {aliases}")
    champion = _ask(database, "SELECT version FROM registered_model_aliases WHERE alias = 'champion'")
    require(champion == [(1,)], f"champion is {champion}, not the first version")
    return done[0]


def _ask(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


CASES: list[Case] = [
    Case(20, "of two runs started at the same moment one works and the other names its pid", 6, _at_once),
    Case(20, "a run while another is at work is refused with that one's pid", 6, _later),
    Case(
        20, "two runs at once make one version and one finished MLflow run, and a third makes no more", 0, _one_version
    ),
    Case(20, "a workspace whose holder was killed is free", 0, _dead_holder),
    Case(21, "eight processes at once open a store that is not there yet", 4, _virgin),
    Case(21, "eight processes at once look at a workspace without state", 0, _virgin_status),
    Case(22, "versions of eight processes registering at once are contiguous", 0, _contiguous),
    Case(22, "each content is registered once, however many processes bring it", 0, _once_each),
    Case(22, "the first version is the champion and there is one alias of each name", 0, _one_champion),
]
