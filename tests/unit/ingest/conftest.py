"""A workspace in which the ingest stage can be run on a few bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.errors import FinetraceError
from tasks.ingest.settings import IngestSettings
from tasks.ingest.stage import run
from tasks.paths import Paths


class Workspace:
    """Writes files, runs the stage on them, shows what it wrote."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = Paths(root)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def ingest(self, path: str, **settings: Any) -> dict[str, Any]:
        return run(self.paths, ingest=IngestSettings(path=path, **settings))

    def rows(self) -> list[tuple[int, str, str]]:
        """Line, text and label of each row that was written."""
        table = pq.read_table(self.paths.ingested).to_pydict()
        return list(zip(table["line"], table["text"], table["label"], strict=True))

    def read(self, name: str, content: bytes | str, **settings: Any) -> list[tuple[int, str, str]]:
        self.write(name, content)
        self.ingest(name, **settings)
        return self.rows()

    def refusal(self, name: str, content: bytes | str, **settings: Any) -> str:
        """What the person is told about the file, which must be one line and leave no output."""
        self.write(name, content)
        return self.told(name, **settings)

    def told(self, path: str, kind: type[FinetraceError] | None = None, **settings: Any) -> str:
        with pytest.raises(kind or FinetraceError) as caught:
            self.ingest(path, **settings)
        assert kind is not None or caught.value.exit_code == 4
        message = str(caught.value)
        assert "\n" not in message
        assert "\x1b" not in message
        assert not list(self.root.rglob(".tmp-*"))
        return message


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets files be read in blocks of so many bytes, so that every border falls somewhere awkward."""

    def set_size(size: int) -> None:
        monkeypatch.setattr("tasks.ingest.regular_file.BLOCK_BYTES", size)

    return set_size
