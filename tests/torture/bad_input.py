"""How a bad file is tried: ingest or validate must refuse it by file, line and column, and leave all as it was."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Lab, Place
from tests.torture.prepared import RAW, plain
from tests.torture.rows import Row
from tests.torture.workspace import Workspace

Content = bytes | str | Callable[[Path], None]
"""What the file holds, or what puts it there."""
INGESTED = "data/ingested/rows.parquet"


def ready(place: Place) -> Workspace:
    """A copy of a workspace whose good file was read and checked."""

    def make(made_in: Place) -> Workspace:
        workspace = made_in.copy(plain(made_in.lab))
        workspace.stages("ingest", "validate")
        return workspace

    return place.copy(place.lab.once("validated", make))


def refused(
    fault: int,
    sentence: str,
    content: Content,
    *words: str,
    exit_code: int = 4,
    name: str = RAW,
    ingest: Mapping[str, Any] | None = None,
) -> Case:
    """A case in which ingest must refuse the file, with these words, and write nothing."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(ingest={"path": name, **(ingest or {})})
        put(workspace, name, content)
        return require_words(unchanged(workspace, "ingest"), *words)

    return Case(fault, sentence, exit_code, act)


def unchanged(workspace: Workspace, stage: str) -> Done:
    """The stage, which must leave every output as it was."""
    before = workspace.outputs()
    done = workspace.stage(stage)
    after = workspace.outputs()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    require(not changed, f"{stage} changed {', '.join(changed)}: {done.last_words}")
    return done


def accepted(
    fault: int,
    sentence: str,
    content: Content,
    rows: list[Row],
    *,
    name: str = RAW,
    ingest: Mapping[str, Any] | None = None,
) -> Case:
    """A case in which exactly these rows must come out of ingest."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(ingest={"path": name, **(ingest or {})})
        put(workspace, name, content)
        done = workspace.stage("ingest")
        require(done.code == 0, f"refused: {done.last_words}")
        found = ingested(workspace)
        differ = [pair for pair in zip(found, rows, strict=False) if pair[0] != pair[1]][:1]
        require(found == rows, f"{len(found)} rows instead of {len(rows)}, first difference (is, was): {differ}")
        return done

    return Case(fault, sentence, 0, act)


def ingested(workspace: Workspace) -> list[Row]:
    """Texts and labels as ingest wrote them."""
    table = pq.read_table(workspace.root / INGESTED)
    return list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))


def put(workspace: Workspace, name: str, content: Content) -> None:
    """Put the file in the place of whatever is there."""
    path = workspace.root / name
    path.unlink(missing_ok=True)
    if callable(content):
        path.parent.mkdir(parents=True, exist_ok=True)
        content(path)
    else:
        workspace.write(name, content)


def base_cpu_and_memory(lab: Lab) -> Done:
    """What ingest takes for a good small file: the floor for bounds on time and memory."""

    def make(place: Place) -> Done:
        workspace = ready(place)
        return workspace.stage("ingest")

    return lab.once("ingest_floor", make)
