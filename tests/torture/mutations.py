"""Ways to tamper with a version and its witnesses, each undone afterwards; used by the fuzz and by the unit tests"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tasks.lineage.kept import STATEMENT_TAG, lineage_folder
from tasks.tracking.download import download
from tests.audited import NAME, Audited

LEDGER = f"{NAME}.ledger"
VERSION = 2
"""The version that is audited."""


@dataclass(frozen=True)
class Kind:
    """A way to tamper. `edge` is the question of the audit that must answer ✗, naming what `do` gives."""

    name: str
    edge: str
    do: Callable[[Audited, Random], AbstractContextManager[str]]


def package_of(made: Audited, version: int = VERSION) -> Path:
    """Where a version's files lie."""
    return download(made.store, f"models:/{NAME}/{version}")


def lineage_of(made: Audited, version: int = VERSION) -> Path:
    """Where its statement lies."""
    found = made.store.client.get_model_version(NAME, str(version))
    return lineage_folder(made.store, found.run_id, found.tags[STATEMENT_TAG])


@contextmanager
def put_back(*files: Path) -> Iterator[None]:
    """The files have their bytes and modes again after the block, or are gone again."""
    before = {file: (file.read_bytes(), file.stat().st_mode) if file.exists() else None for file in files}
    try:
        yield
    finally:
        for file, state in before.items():
            file.unlink(missing_ok=True)
            if state is not None:
                file.write_bytes(state[0])
                file.chmod(state[1])


def flip(file: Path, random: Random) -> None:
    """Change one bit; the mode stays, as a thief who knows DVC would leave it."""
    mode = file.stat().st_mode
    content = bytearray(file.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(mode)


def rewrite(file: Path, content: bytes) -> None:
    """Other content, the same mode."""
    mode = file.stat().st_mode
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(mode)


def below(folder: Path) -> list[Path]:
    """Its files that are not empty."""
    return sorted(each for each in folder.rglob("*") if each.is_file() and each.stat().st_size)


@contextmanager
def table(made: Audited, name: str) -> Iterator[sqlite3.Connection]:
    """A connection to MLflow's database; the table's rows are as before after the block."""
    with closing(sqlite3.connect(made.paths.root / "mlflow.db", timeout=10)) as connection:
        rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - a name of our own
        try:
            yield connection
        finally:
            connection.rollback()
            marks = ", ".join("?" for _ in rows[0])
            with connection:
                connection.execute(f"DELETE FROM {name}")  # noqa: S608
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608


def changed(made: Audited, name: str, sql: str, *values: Any) -> AbstractContextManager[None]:
    """One statement done to a table, undone after the block. It must hit something."""

    @contextmanager
    def act() -> Iterator[None]:
        with table(made, name) as connection:
            done = connection.execute(sql, values)
            connection.commit()
            assert done.rowcount, f"{sql} {values} changes nothing"
            yield

    return act()


def other_digest(value: str, random: Random) -> str:
    """A digest with one letter changed."""
    at = random.randrange(len(value.removesuffix(".dir")))
    return value[:at] + random.choice([each for each in "0123456789abcdef" if each != value[at]]) + value[at + 1 :]


def in_json(file: Path, change: Callable[[Any], None]) -> bytes:
    """A JSON file with something changed in it."""
    value = json.loads(file.read_bytes())
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def in_yaml(file: Path, change: Callable[[Any], None]) -> bytes:
    """The same of a YAML file."""
    value = yaml.safe_load(file.read_bytes())
    change(value)
    return yaml.safe_dump(value, sort_keys=False).encode()
