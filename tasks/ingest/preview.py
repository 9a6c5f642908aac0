"""a file → its columns with some of their values, and which of them seem to hold the text and the label"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DataError
from tasks.ingest.cells import label_of, text_of
from tasks.ingest.conll import COLUMNS, read_sentences
from tasks.ingest.delimited import read_fields
from tasks.ingest.jsonl import read_objects
from tasks.ingest.problem import bad_data, listed
from tasks.ingest.reading import Reading
from tasks.ingest.regular_file import open_regular
from tasks.ingest.settings import IngestSettings
from tasks.ingest.sources import find_sources

MOST_ROWS = 2_000
"""So many rows are looked at."""

_TEXT_NAMES = ("text", "sentence", "tokens", "review", "message", "utterance", "content", "body", "question", "query")
_LABEL_NAMES = (
    "label",
    "labels",
    "gold_label",
    "intent",
    "category",
    "class",
    "target",
    "sentiment",
    "tags",
    "ner_tags",
)

Columns = dict[str, list[Any]]
"""By name, the values of the first rows."""


def sample_columns(path: Path, settings: IngestSettings) -> Columns:
    """The columns of the training file that `path` leads to (settings.path in messages).

    Raises DataError if the first rows cannot be read; what comes later is not looked at.
    """
    found = find_sources(path, settings.path, declared=settings.format, label_column=settings.label_column)
    source = found.files[0]
    with open_regular(source.path, source.name) as file:
        reading = Reading(source, file, settings)
        try:
            return _SAMPLES[source.format](reading)
        except (pa.ArrowException, OSError) as error:
            raise bad_data(source.name, f"cannot be read ({error}); write it anew") from None


def guess_columns(columns: Mapping[str, Sequence[Any]], **named: str) -> dict[str, str]:
    """The settings text_column and label_column, those of them that `named` does not hold guessed.

    By a usual name, else the text is the column with the longest values, and the label the one with the fewest distinct
    ones. Raises DataError if no column fits.
    """
    guessed = dict(named)
    for key, names, rank in (("text_column", _TEXT_NAMES, _text_rank), ("label_column", _LABEL_NAMES, _label_rank)):
        if key in guessed:
            continue
        ranks = {column: rank(values) for column, values in columns.items() if column not in guessed.values()}
        fitting = {column: value for column, value in ranks.items() if value is not None}
        if not fitting:
            what = key.removesuffix("_column")
            raise DataError(
                f"There is no column that could be the {what} among {listed(columns)}. Name it with --{what}-column, "
                "or look at the file."
            )
        usual = (column for name in names for column in fitting if column.strip().casefold() == name)
        guessed[key] = next(usual, None) or min(fitting, key=lambda column: fitting[column])
    return {key: guessed[key] for key in ("text_column", "label_column", *named)}


def _text_rank(values: Sequence[Any]) -> float | None:
    """The longer the texts the lower; None if some are no texts, or all are empty."""
    texts = _read_all(values, text_of)
    return -sum(map(len, texts)) / len(texts) if texts and any(map(str.strip, texts)) else None


def _label_rank(values: Sequence[Any]) -> float | None:
    """How many distinct labels; None if some are no labels, or all are one."""
    labels = _read_all(values, label_of)
    return len(set(labels)) if labels and len(set(labels)) > 1 else None


def _read_all(values: Sequence[Any], read: Callable[[Any], str]) -> list[str] | None:
    try:
        return [read(value) for value in values]
    except ValueError:
        return None


def _of_table(reading: Reading) -> Columns:
    with pq.ParquetFile(reading.file.raw, pre_buffer=False) as table:
        return _first_rows(table.iter_batches(MOST_ROWS, use_threads=False))


def _of_stream(reading: Reading) -> Columns:
    with pa.ipc.open_stream(reading.file.raw) as stream:
        return _first_rows(stream)


def _first_rows(batches: Iterator[pa.RecordBatch]) -> Columns:
    batch = next(iter(batches), None)
    return {} if batch is None else batch.slice(0, MOST_ROWS).to_pydict()


def _of_objects(reading: Reading) -> Columns:
    rows = [record for _, record in islice(read_objects(reading), MOST_ROWS)]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _of_fields(reading: Reading) -> Columns:
    names, rows = read_fields(reading)
    values = list(zip(*(fields for _, fields in islice(rows, MOST_ROWS)), strict=True)) or [()] * len(names)
    return {name: list(each) for name, each in zip(names, values, strict=True)}


def _of_sentences(reading: Reading) -> Columns:
    sentences = list(islice(read_sentences(reading), MOST_ROWS))
    values = [[sentence.values[name] for sentence in sentences] for name in COLUMNS]
    return {name: each for name, each in zip(COLUMNS, values, strict=True) if any(each)}


_SAMPLES: dict[str, Callable[[Reading], Columns]] = {
    "csv": _of_fields,
    "tsv": _of_fields,
    "jsonl": _of_objects,
    "parquet": _of_table,
    "conll": _of_sentences,
    "arrow": _of_stream,
}
