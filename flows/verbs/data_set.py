"""The files of a data set: where they lie below data/raw, laid out anew or with rows appended."""

import gzip
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.config import Config
from tasks.errors import SettingsError
from tasks.files import replacing
from tasks.ingest.settings import IngestSettings
from tasks.paths import Paths
from tasks.settings import changed

if TYPE_CHECKING:
    from tasks.ingest.reading import Reading

EXTRA_FOLDER = "extra"
"""Below a data set's folder, where further test sets lie."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class DataSet:
    """What is given: a training file or a folder, and files that are held out."""

    train: Path
    held_out: Mapping[str, Path] = field(default_factory=dict)
    """By "val" and "test"."""
    extra_tests: Mapping[str, Path] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        """Whether it needs a folder."""
        return self.train.is_dir() or bool(self.held_out or self.extra_tests)

    @property
    def files(self) -> dict[str, Path]:
        """Every file but the training one, by its name in the folder without its endings."""
        return {**self.held_out, **{f"{EXTRA_FOLDER}/{name}": file for name, file in self.extra_tests.items()}}


def target_of(paths: Paths, data: DataSet, name: str | None) -> Path:
    """Where the data will lie: a file, or a folder where one is needed."""
    stem = name or data.train.name.split(".", 1)[0]
    if not _NAME.fullmatch(stem):
        raise SettingsError(f"--name {stem!r}: use letters, digits, - and _.")
    return paths.data / "raw" / (stem if data.is_folder else stem + endings(data.train))


def read_rows(data: DataSet, config: Config, scratch: Path) -> tuple[list[Any], list[str]]:
    """The rows of each file as `ingest` reads them, with their sides. Raises DataError at the first that it cannot."""
    import pyarrow as pa

    from tasks.ingest.stage import run
    from tasks.table import EXTRA, INGESTED, read_table

    sides = {
        **{side: side for side in data.held_out},
        **{f"{EXTRA_FOLDER}/{name}": EXTRA + name for name in data.extra_tests},
    }
    tables: list[Any] = []
    notes: list[str] = []
    for name, file in {"": data.train, **data.files}.items():
        place = Paths(scratch / f"read-{len(tables)}")
        sha256 = config.ingest.sha256 if not name else None
        ingest = changed(config.ingest, path=str(file.absolute()), url=None, sha256=sha256, extra_tests={})
        notes += run(place, ingest=ingest, problem=config.problem)["notes"]
        table = read_table(place.ingested, INGESTED)
        if name:
            table = table.set_column(1, INGESTED.field("side"), pa.array([sides[name]] * len(table), pa.string()))
        tables.append(table)
    return tables, notes


def read_whole(paths: Paths, config: Config, scratch: Path) -> Any:
    """The rows of the data set that params.yaml points at."""
    from tasks.ingest.stage import run
    from tasks.table import INGESTED, read_table

    there = changed(config.ingest, path=str((paths.root / config.ingest.path).absolute()), extra_tests={})
    run(Paths(scratch / "there"), ingest=there, problem=config.problem)
    return read_table(Paths(scratch / "there").ingested, INGESTED)


def lay_out(data: DataSet, target: Path) -> None:
    """Copy the data set to `target`, whole or not at all."""
    with replacing(target) as temporary:
        if not data.is_folder:
            shutil.copyfile(data.train, temporary)
            return
        if data.train.is_dir():
            shutil.copytree(data.train, temporary)
        else:
            temporary.mkdir()
            shutil.copyfile(data.train, temporary / f"train{endings(data.train)}")
        for name, file in data.files.items():
            place = temporary / f"{name}{endings(file)}"
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, place)


def append(data: DataSet, target: Path, ingest: IngestSettings) -> None:
    """Append the rows of each file to the one of its kind in `target`; a held-out file that is not there is added.

    Raises SettingsError where the two cannot be one file: of other formats or other columns.
    """
    from tasks.ingest.sources import find_sources

    if data.is_folder and not target.is_dir():
        raise SettingsError(
            f"{target.name} is a single file, which holds no held-out rows. Give all of it anew: finetrace data add "
            "TRAIN --test TEST --replace."
        )
    with replacing(target) as temporary:
        if not target.is_dir():
            append_file(target, data.train, temporary, ingest)
            return
        shutil.copytree(target, temporary)
        found = find_sources(temporary, target.name, declared=ingest.format, label_column=ingest.label_column).files
        known = {{"any": "train"}.get(each.side, each.side): each.path for each in found}
        for name, file in {"train": data.train, **data.files}.items():
            old = known.get(name) or temporary / f"{name}{endings(file)}"
            old.parent.mkdir(exist_ok=True)
            if old.exists():
                append_file(old, file, old, ingest)
            else:
                shutil.copyfile(file, old)


def append_file(old: Path, new: Path, place: Path, ingest: IngestSettings) -> None:
    """Write the rows of both files to `place`. Rows keep their ids, which are made of their content."""
    if endings(old).removesuffix(".gz") != endings(new).removesuffix(".gz"):
        raise SettingsError(f"{new.name} cannot be appended to {old.name}: convert it to the same format first.")
    if old.suffix == ".parquet":
        _append_table(old, new, place)
        return
    from tasks.ingest.encoding import codec_without_mark

    before, mark = _lines(old, ingest)
    after, _ = _lines(new, ingest)
    if ingest.header and endings(old).startswith((".csv", ".tsv")):
        header = _header(old, ingest)
        if _header(new, ingest) != header:
            raise SettingsError(
                f"{new.name} cannot be appended to {old.name}: its first line must name the same columns in the same "
                f"order: {', '.join(header)}."
            )
        after = list(islice(after, _header_lines(new, ingest), None))
    while before and not before[-1].strip():
        before.pop()
    if before and not before[-1].endswith(("\n", "\r")):
        before[-1] += "\n"
    gap = ["\n"] if endings(old).startswith(".conll") or ingest.format == "conll" else []
    content = mark + "".join([*before, *gap, *after]).encode(codec_without_mark(ingest.encoding))
    place.write_bytes(gzip.compress(content, mtime=0) if old.suffix == ".gz" else content)


@contextmanager
def restored_on_failure(target: Path) -> Iterator[None]:
    """What lay at `target` lies there again if the block fails; nothing, if nothing did."""
    old = target.with_name(f".old-{target.name}")
    was_there = target.exists()
    if was_there:
        shutil.copytree(target, old) if target.is_dir() else shutil.copyfile(target, old)
    try:
        yield
    except BaseException:
        _remove(target)
        if was_there:
            old.rename(target)
        raise
    finally:
        _remove(old)


def endings(file: Path) -> str:
    """.csv, .csv.gz …"""
    packed = file.suffix if file.suffix == ".gz" else ""
    return (file.with_suffix("").suffix if packed else file.suffix) + packed


def _append_table(old: Path, new: Path, place: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(each) for each in (old, new)]
    if not tables[0].schema.equals(tables[1].schema):
        raise SettingsError(f"{new.name} cannot be appended to {old.name}: its columns or their types are others.")
    pq.write_table(pa.concat_tables(tables), place)


def _lines(file: Path, ingest: IngestSettings) -> tuple[list[str], bytes]:
    """The physical lines, and the mark that the file begins with."""
    from tasks.ingest.encoding import mark_bytes

    with _reading(file, ingest) as reading:
        start = next(reading.unpacked(), b"")
        lines = list(reading.lines())
    return lines, b"\xff\xfe" if ingest.encoding == "utf-16" else start[: mark_bytes(start)]


def _header(file: Path, ingest: IngestSettings) -> list[str]:
    from tasks.ingest.delimited import read_fields

    with _reading(file, ingest) as reading:
        return read_fields(reading)[0]


def _header_lines(file: Path, ingest: IngestSettings) -> int:
    """How many physical lines the header takes."""
    from tasks.ingest.delimited import read_fields

    with _reading(file, ingest) as reading:
        return next(read_fields(reading)[1])[0] - 1


@contextmanager
def _reading(file: Path, ingest: IngestSettings) -> Iterator["Reading"]:
    from tasks.ingest.formats import describe_file
    from tasks.ingest.reading import Reading
    from tasks.ingest.regular_file import open_regular

    source = describe_file(file, file.name, "any", ingest.format)
    with open_regular(file, file.name) as opened:
        yield Reading(source, opened, ingest)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
