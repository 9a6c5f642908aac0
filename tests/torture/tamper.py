"""43: tampering with files, statement, ledger and registry; replay of an old version; the audit names the place"""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done, Running
from tests.torture.place import Place
from tests.torture.prepared import NAME, ROOT, registered
from tests.torture.registered_model import ADDRESS, package_of
from tests.torture.workspace import Workspace, flipped

FUZZ_SECONDS = 900.0


def _fuzz(place: Place) -> Done:
    running = Running([sys.executable, "-m", "tests.torture.fuzz"], ROOT, place.environment)
    done = running.finish(FUZZ_SECONDS)
    require(done.code == 0, f"{done.stdout.strip()} {done.last_words}")
    require("200/200 mutations" in done.stdout and " 0 false alarms" in done.stdout, f"it says {done.stdout.strip()}")
    return done


def _audit(place: Place, tamper: Callable[[Workspace], None], *words: str) -> Done:
    workspace = registered(place)
    tamper(workspace)
    return require_words(workspace.finetrace("audit", ADDRESS), *words)


def _clean(place: Place) -> Done:
    """So that a refusal says something."""
    workspace = registered(place)
    done = workspace.finetrace("audit", ADDRESS)
    require("✗" not in done.stdout, f"the audit doubts a clean version: {done.last_words}")
    return done


def _swapped(place: Place) -> Done:
    """Two files of the model change places."""
    workspace = registered(place)
    folder = package_of(workspace) / "artifacts" / "model"
    one, other = folder / "about.json", folder / "config.json"
    contents = one.read_bytes(), other.read_bytes()
    one.write_bytes(contents[1])
    other.write_bytes(contents[0])
    done = workspace.finetrace("audit", ADDRESS)
    one.write_bytes(contents[0])
    other.write_bytes(contents[1])
    return require_words(done, "artifacts/model/about.json")


def _flipped(place: Place) -> Done:
    workspace = registered(place)
    name = "artifacts/model/weights.safetensors"
    with flipped(package_of(workspace) / name):
        done = workspace.finetrace("audit", ADDRESS)
    return require_words(done, name)


def _sql(workspace: Workspace, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(workspace.root / "mlflow.db")) as connection, connection:
        require(connection.execute(statement, values).rowcount, f"{statement} changes nothing")


def _reason_altered(place: Place) -> Done:
    old, new, ledger = '"reason":"', '"reason":"not ', f"{NAME}.ledger"
    sql = "UPDATE model_version_tags SET value = replace(value, ?, ?) WHERE name = ? AND key = 'finetrace.entry'"
    return _audit(place, lambda workspace: _sql(workspace, sql, old, new, ledger), "line 1")


def _ledger_emptied(place: Place) -> Done:
    def empty(workspace: Workspace) -> None:
        _sql(workspace, "DELETE FROM model_version_tags WHERE name = ?", f"{NAME}.ledger")
        _sql(workspace, "DELETE FROM model_versions WHERE name = ?", f"{NAME}.ledger")

    return _audit(place, empty, "ledger")


def _statement_edited(place: Place) -> Done:
    def edit(workspace: Workspace) -> None:
        statement = next(Path(workspace.root / "mlartifacts").rglob("lineage/*/statement.json"))
        statement.write_bytes(
            statement.read_bytes().replace(b'"gitCommit"', b'"gitcommit"').replace(b"rows", b"rowz", 1)
        )

    return _audit(place, edit, "the statement is not the one recorded")


CASES: list[Case] = [
    Case(43, "the audit finds a clean version clean", 0, _clean),
    Case(43, "200 random mutations: the audit catches each, and doubts none of 20 clean versions", 0, _fuzz),
    Case(43, "two files of the model change places: the audit names them", 5, _swapped),
    Case(43, "a bit of the weights is flipped: the audit names the file", 5, _flipped),
    Case(43, "the reason of a ledger line is altered: the audit names the line", 5, _reason_altered),
    Case(43, "the ledger is emptied: the audit says so", 5, _ledger_emptied),
    Case(43, "the statement is edited: the audit says so", 5, _statement_edited),
]
