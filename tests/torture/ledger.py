"""43: a line of the ledger altered, deleted, inserted, moved or cut off; nothing is promoted by such a ledger."""

# ruff: noqa: S608 - every word of these queries is our own

import sqlite3
from collections.abc import Callable
from contextlib import closing

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME
from tests.torture.promoting import RUN, TYPED
from tests.torture.promotion import PROMOTE, second_version
from tests.torture.workspace import Workspace

_DROP = "DELETE FROM model_version_tags WHERE name = :ledger AND version = "
_DROP_LINE = "DELETE FROM model_versions WHERE name = :ledger AND version = "
_ENTRIES = "key = 'finetrace.entry' AND name = :ledger"
_CHANGE = "UPDATE model_version_tags SET value = replace(value, {0}) WHERE " + _ENTRIES + " AND version = {1}"
_MOVE = "UPDATE model_version_tags SET version = {0} version WHERE " + _ENTRIES
_COPY = "(SELECT value FROM model_version_tags WHERE " + _ENTRIES + " AND version = 1)"
TAMPERED: dict[str, list[str]] = {
    "altered (who)": [_CHANGE.format("""'"by":"', '"by":"x'""", 1)],
    "altered (the champion)": [_CHANGE.format("""'"after":1', '"after":2'""", 2)],
    "deleted": [_DROP + "1", _DROP_LINE + "1"],
    "cut off": [_DROP + "2", _DROP_LINE + "2"],
    "emptied": ["DELETE FROM model_version_tags WHERE " + _ENTRIES],
    "put in another order": [_MOVE.format("90 +"), _MOVE.format("93 -")],
    "repeated": ["UPDATE model_version_tags SET value = " + _COPY + " WHERE " + _ENTRIES + " AND version = 2"],
    "cut off with its anchor": [
        _DROP + "2",
        _DROP_LINE + "2",
        "DELETE FROM registered_model_tags WHERE key = 'finetrace.ledger' AND name = :name",
    ],
}
"""What somebody with the database in hand does."""


def _tampered(statements: list[str]) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = place.copy(second_version(place.lab))
        seen = workspace.finetrace("history")  # the copy remembers what it has seen itself
        require(seen.code == 0, f"the ledger is not sound to begin with: {seen.last_words}")
        _do(workspace, statements)
        shown = workspace.finetrace("history")
        require(shown.code == 5, f"history ends with {shown.code}: {shown.last_words}")
        return require_words(workspace.run("-c", TYPED + RUN, *PROMOTE), "was tampered with: line ")

    return act


def _do(workspace: Workspace, statements: list[str]) -> None:
    with closing(sqlite3.connect(workspace.root / "mlflow.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            changed = connection.execute(statement, {"ledger": f"{NAME}.ledger", "name": NAME}).rowcount
            require(changed, f"nothing was changed by: {statement}")


CASES: list[Case] = [
    *(
        Case(43, f"nothing is promoted by a ledger with a line {how}", 5, _tampered(statements))
        for how, statements in TAMPERED.items()
    ),
]
