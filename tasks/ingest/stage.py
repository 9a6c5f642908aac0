"""a file, a folder or a URL → rows as read, each with its id, its side and its line"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.errors import IntegrityError, SettingsError
from tasks.ingest.batches import batch_rows
from tasks.ingest.fetch import fetch
from tasks.ingest.formats import READERS
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Source
from tasks.ingest.regular_file import RegularFile, open_regular
from tasks.ingest.settings import IngestSettings
from tasks.ingest.sources import find_sources
from tasks.paths import Paths
from tasks.table import INGESTED, table_writer

LABELS_COUNTED_TO = 10_000
"""More distinct labels than this are not told apart: the label column is surely another one."""


def run(paths: Paths, *, ingest: IngestSettings) -> dict[str, Any]:
    """Read everything that ingest.path leads to into `paths.ingested`; numbers about it.

    Raises DataError at the first thing wrong and IntegrityError for another digest; the old output then stays.
    """
    fetch_if_missing(paths.root, ingest)
    path = paths.root / ingest.path
    if path.is_dir() and ingest.sha256 is not None:
        raise SettingsError(f"ingest.sha256 is the digest of one file, and ingest.path ({ingest.path}) is a folder.")
    sources = find_sources(path, ingest.path, declared=ingest.format, label_column=ingest.label_column)
    labels: set[bytes] = set()
    with table_writer(paths.ingested, INGESTED) as writer:
        read = [_read_source(source, ingest, writer, labels) for source in sources.files]
    sides = Counter[str]()
    for entry in read:
        sides[entry["side"]] += entry["rows"]
    return {
        "rows": sides.total(),
        "rows_by_side": dict(sides),
        "labels": len(labels),
        "labels_counted_to": LABELS_COUNTED_TO,
        "format": "+".join(sorted({source.format + ".gz" * source.is_packed for source in sources.files})),
        "sources": [
            {"name": _below(path, source.path), **entry} for source, entry in zip(sources.files, read, strict=True)
        ],
        "ignored_files": sources.ignored_files,
        "notes": sources.notes,
    }


def fetch_if_missing(root: Path, ingest: IngestSettings) -> bool:
    """Fetch ingest.url to ingest.path if nothing is there; whether it did."""
    path = root / ingest.path
    if ingest.url is None or path.exists() or path.is_symlink():
        return False
    fetch(ingest.url, path, ingest.sha256)
    return True


def _read_source(
    source: Source, ingest: IngestSettings, writer: pq.ParquetWriter, labels: set[bytes]
) -> dict[str, Any]:
    """Write the source's rows and add their labels to `labels`; its digests, and what was read and what not."""
    with open_regular(source.path, source.name) as file:
        _check_digest(file, ingest.sha256)
        reading = Reading(source, file, ingest)
        rows = 0
        for batch in batch_rows(READERS[source.format](reading), reading):
            writer.write_batch(batch)
            rows += batch.num_rows
            _note_labels(batch.column("label").unique().to_pylist(), labels)
        if rows == 0:
            raise bad_data(source.name, "has no rows; put labelled texts into it")
    return {
        "side": source.side,
        "sha256": file.sha256,
        "md5": file.md5,
        "bytes": file.size,
        "rows": rows,
        "ignored_columns": sorted(reading.ignored_columns),
    }


def _check_digest(file: RegularFile, expected: str | None) -> None:
    """Raise IntegrityError, before a byte is parsed, unless the file has the digest that it must have."""
    if expected is None:
        return
    file.hash_whole()
    if file.sha256 != expected:
        raise IntegrityError(
            f"{file.name} has the sha256 {file.sha256}, ingest.sha256 says {expected}. Bring back the file that was "
            "meant, or, if this is it, change ingest.sha256."
        )


def _note_labels(seen: list[str], labels: set[bytes]) -> None:
    """Remember labels by their digest, so that a column of long texts taken for the label costs no memory."""
    if len(labels) < LABELS_COUNTED_TO:
        labels.update(hashlib.sha256(label.encode()).digest() for label in seen[: LABELS_COUNTED_TO - len(labels)])


def _below(root: Path, path: Path) -> str:
    """The file's name, or its way from the folder that was named: no report holds where a machine keeps its files."""
    return path.name if path == root else path.relative_to(root).as_posix()
