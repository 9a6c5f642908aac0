"""43: a line of the ledger altered, deleted, inserted, moved or cut off; nothing is promoted by such a ledger."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME
from tests.torture.promotion import PROMOTE, RUN, TYPED, second_version
from tests.torture.workspace import Workspace

LEDGER = f"{NAME}.ledger"
_ENTRY = f"key = 'finetrace.entry' AND name = '{LEDGER}'"
TAMPERED: dict[str, list[str]] = {
    "altered (who)": [
        f'UPDATE model_version_tags SET value = replace(value, \'"by":"\', \'"by":"x\') WHERE {_ENTRY} AND version = 1'
    ],
    "altered (the champion)": [
        f"UPDATE model_version_tags SET value = replace(value, '\"after\":1', '\"after\":2') WHERE {_ENTRY} AND version = 2"
    ],
    "deleted": [
        f"DELETE FROM model_version_tags WHERE name = '{LEDGER}' AND version = 1",
        f"DELETE FROM model_versions WHERE name = '{LEDGER}' AND version = 1",
    ],
    "cut off": [
        f"DELETE FROM model_version_tags WHERE name = '{LEDGER}' AND version = 2",
        f"DELETE FROM model_versions WHERE name = '{LEDGER}' AND version = 2",
    ],
    "emptied": [f"DELETE FROM model_version_tags WHERE {_ENTRY}"],
    "put in another order": [
        f"UPDATE model_version_tags SET version = 90 + version WHERE {_ENTRY}",
        f"UPDATE model_version_tags SET version = 93 - version WHERE {_ENTRY}",
    ],
    "repeated": [
        f"UPDATE model_version_tags SET value = (SELECT value FROM model_version_tags WHERE {_ENTRY} AND version = 1) "
        f"WHERE {_ENTRY} AND version = 2"
    ],
    "cut off with its anchor": [
        f"DELETE FROM model_version_tags WHERE name = '{LEDGER}' AND version = 2",
        f"DELETE FROM model_versions WHERE name = '{LEDGER}' AND version = 2",
        f"DELETE FROM registered_model_tags WHERE key = 'finetrace.ledger' AND name = '{NAME}'",
    ],
}
"""What somebody with the database in hand does."""


def _tampered(statements: list[str]) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = place.copy(second_version(place.lab))
        _do(workspace, statements)
        shown = workspace.finetrace("history")
        require(shown.code == 5, f"history ends with {shown.code}: {shown.last_words}")
        return require_words(workspace.run("-c", TYPED + RUN, *PROMOTE), "was tampered with: line ")

    return act


def _do(workspace: Workspace, statements: list[str]) -> None:
    with closing(sqlite3.connect(workspace.root / "mlflow.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            changed = connection.execute(statement).rowcount
            require(changed, f"nothing was changed by: {statement}")


CASES: list[Case] = [
    *(
        Case(43, f"nothing is promoted by a ledger with a line {how}", 5, _tampered(statements))
        for how, statements in TAMPERED.items()
    ),
]
