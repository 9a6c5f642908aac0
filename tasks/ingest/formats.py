"""A file's name → its format, and the reader of each format."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tasks.ingest.conll import read_conll
from tasks.ingest.delimited import read_delimited
from tasks.ingest.jsonl import read_jsonl
from tasks.ingest.parquet import read_parquet
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Format, Reading, Row, Side, Source
from tasks.ingest.saved_dataset import read_arrow

READERS: dict[Format, Callable[[Reading], Iterator[Row]]] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "conll": read_conll,
    "arrow": read_arrow,
}
ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".conll": "conll",
}


def describe_file(path: Path, name: str, side: Side, declared: str) -> Source:
    """What the file is by its ending, or as `declared` in ingest.format unless that is "auto"."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    found = next((each for each in READERS if each == declared), None) or ENDINGS.get(plain.suffix.lower())
    is_packed = plain != path
    if found is None:
        raise bad_data(name, f"has none of the endings {', '.join(ENDINGS)}; rename it, or set ingest.format")
    if is_packed and found == "parquet":
        raise bad_data(name, "is a parquet file inside gzip; unpack it (gunzip), parquet is packed by itself")
    return Source(path, name, side, found, is_packed)
