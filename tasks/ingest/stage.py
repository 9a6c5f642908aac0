"""a file, a folder or a URL → rows as read, each with its id, its side and its line"""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.errors import IntegrityError, SettingsError
from tasks.files import refuse_links_out
from tasks.ingest.batches import batch_rows
from tasks.ingest.fetch import fetch
from tasks.ingest.formats import READERS
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Source
from tasks.ingest.regular_file import RegularFile, open_regular
from tasks.ingest.settings import IngestSettings
from tasks.ingest.sources import find_sources
from tasks.ingest.tally import LABELS_COUNTED_TO, Tally
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.table import INGESTED, table_writer
from tasks.targets import Target


def run(paths: Paths, *, ingest: IngestSettings, problem: ProblemSettings | None = None) -> dict[str, Any]:
    """Read everything that ingest.path leads to into `paths.ingested`; numbers about it.

    Raises DataError at the first thing wrong and IntegrityError for another digest; the old output then stays.
    """
    target = (problem or ProblemSettings()).target
    refuse_links_out(paths.data, paths.root)
    fetch_if_missing(paths.root, ingest)
    path = paths.root / ingest.path
    sources = find_sources(
        path,
        ingest.path,
        declared=ingest.format,
        label_column=ingest.label_column,
        extra_tests=ingest.extra_tests,
    )
    if ingest.sha256 is not None and sources.files[0].path != path:
        raise SettingsError(f"ingest.sha256 is the digest of one file, and ingest.path ({ingest.path}) is a folder.")
    tally = Tally()
    with table_writer(paths.ingested, INGESTED) as writer:
        read = [_read_source(source, ingest, target, writer, tally) for source in sources.files]
    return {
        "rows": sum(tally.rows_by_side.values()),
        "rows_by_side": dict(tally.rows_by_side),
        "labels": tally.labels,
        "labels_counted_to": LABELS_COUNTED_TO,
        "format": "+".join(sorted({source.format + ".gz" * source.is_packed for source in sources.files})),
        "sources": [
            {"name": _below(path, each.path), **entry} for each, entry in zip(sources.files, read, strict=True)
        ],
        "repaired": {each: tally.repaired[each] for each in ("rows", "characters")},
        "ignored_columns": sorted(tally.ignored_columns),
        "ignored_files": sources.ignored_files,
        "notes": sources.notes + tally.notes,
    }


def fetch_if_missing(root: Path, ingest: IngestSettings) -> bool:
    """Fetch ingest.url to ingest.path if nothing is there; whether it did.

    Raises SettingsError if that is outside of the workspace: files there are read, but none is ever written.
    """
    path = root / ingest.path
    if ingest.url is None or os.path.lexists(path):
        return False
    if not path.resolve().is_relative_to(root.resolve()):
        raise SettingsError(
            f"ingest.path: {ingest.path} lies outside of the workspace, where nothing is written. Put the file there "
            "by hand, or name a path in the workspace for ingest.url to be fetched to."
        )
    fetch(ingest.url, path, ingest.sha256)
    return True


def _read_source(
    source: Source, ingest: IngestSettings, target: Target, writer: pq.ParquetWriter, tally: Tally
) -> dict[str, Any]:
    """Write the source's rows, and count them in `tally`; the file's digests and numbers."""
    rows = 0
    with open_regular(source.path, source.name) as file:
        _check_digest(file, ingest.sha256)
        reading = Reading(source, file, ingest, target)
        for batch in batch_rows(READERS[source.format](reading), reading):
            writer.write_batch(batch)
            tally.add(batch, source.side)
            rows += batch.num_rows
    if rows == 0:
        raise bad_data(source.name, "has no rows; put labelled texts into it")
    tally.ignored_columns |= reading.ignored_columns
    tally.repaired += reading.repaired
    tally.notes += reading.notes
    return {"side": source.side, "sha256": file.sha256, "md5": file.md5, "bytes": file.size, "rows": rows}


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


def _below(root: Path, path: Path) -> str:
    """The file's name, or its way from the folder that was named: no report holds where a machine keeps its files."""
    return path.name if path == root else path.relative_to(root).as_posix()
