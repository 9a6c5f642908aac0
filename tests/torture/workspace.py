"""A folder that finetrace works in, and what a person does there."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.torture.commands import TIMEOUT_SECONDS, Done, Running

Champion = tuple[int, Path]
"""Its version, and where its files lie."""


class Workspace:
    """A workspace; `told` gathers every command that was run in it."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = dict(environment)
        self.told: list[Done] = []
        self.before = champion_of(root)

    def stage(self, name: str) -> Done:
        """`python -m tasks NAME`"""
        return self.run("-m", "tasks", name)

    def stages(self, *names: str) -> None:
        """Several stages, each of which must end well."""
        for name in names:
            done = self.stage(name)
            if done.code:
                raise RuntimeError(f"cannot prepare {name}: {done.stderr[-2000:]}")

    def finetrace(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Done:
        """`finetrace …`; `extra` adds to the environment."""
        return self.run("-m", "flows.cli", *arguments, extra=extra)

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Done:
        """This Python with these arguments, to its end."""
        return self.finish(self.start(*arguments, extra=extra))

    def start(self, *arguments: str, umask: int = -1, extra: Mapping[str, str] | None = None) -> Running:
        """The same, under way."""
        return Running([sys.executable, *arguments], self.root, {**self.environment, **(extra or {})}, umask)

    def finish(self, running: Running, seconds: float = TIMEOUT_SECONDS) -> Done:
        """Wait for it, and note what it said."""
        done = running.finish(seconds)
        self.told.append(done)
        return done

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file of the workspace."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def set(self, **sections: Mapping[str, Any]) -> None:
        """Change keys of params.yaml."""
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, changes in sections.items():
            params[name] = {**(params.get(name) or {}), **changes}
        path.write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def outputs(self) -> dict[str, bytes]:
        """What the stages made, by name; the raw file, caches and checkpoints left out."""
        helps = {"raw", "cache", "checkpoints"}
        found = [path for path in (self.root / "data").rglob("*") if path.is_file()]
        names = {path.relative_to(self.root / "data"): path for path in found}
        return {str(name): path.read_bytes() for name, path in names.items() if name.parts[0] not in helps}

    def champion(self) -> Champion | None:
        """What the alias champion points to, as the store's file says."""
        return champion_of(self.root)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the MLflow store."""
        with closing(sqlite3.connect(f"file:{self.root}/mlflow.db?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()


def champion_of(root: Path) -> Champion | None:
    """What the alias champion points to in the store of a folder; None if there is no store or no champion."""
    if not (root / "mlflow.db").exists():
        return None
    with closing(sqlite3.connect(f"file:{root}/mlflow.db?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute(
                "SELECT v.version, v.source FROM registered_model_aliases a JOIN model_versions v "
                "ON v.name = a.name AND v.version = a.version WHERE a.alias = 'champion'"
            ).fetchall()
        except sqlite3.OperationalError:  # no such table: nothing was registered yet
            return None
    return (int(found[0][0]), Path(found[0][1].removeprefix("file://"))) if found else None


def copy_workspace(source: Path, target: Path) -> None:
    """Copy a workspace; the store's absolute addresses are made to point into the copy."""
    shutil.copytree(source, target, symlinks=True)
    if not (target / "mlflow.db").exists():
        return
    with closing(sqlite3.connect(target / "mlflow.db")) as connection, connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if kind.upper().startswith(("VARCHAR", "TEXT")):
                    where = f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)"  # noqa: S608
                    connection.execute(where, (str(source), str(target), str(source)))


@contextmanager
def flipped(path: Path, place: float = 0.5) -> Iterator[None]:
    """One bit of one byte of the file is changed within the block; `place` from 0 to 1."""
    whole = path.read_bytes()
    at = min(len(whole) - 1, int(len(whole) * place))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        yield
    finally:
        path.write_bytes(whole)
