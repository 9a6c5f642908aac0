"""A folder saved by Hugging Face `datasets` → its sources and their rows; read as files, no code of theirs runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from tasks.ingest.arrow_rows import check_schema, rows_of_batches
from tasks.ingest.problem import bad_data, quoted
from tasks.ingest.reading import Reading, Row, Source
from tasks.ingest.regular_file import open_regular
from tasks.table import ANY

_SPLITS = "dataset_dict.json"
_STATE = "state.json"
_MOST_DESCRIPTION_BYTES = 16 * 1024 * 1024


def is_saved_dataset(folder: Path) -> bool:
    """Whether the folder holds what save_to_disk() writes."""
    return (folder / _SPLITS).exists() or (folder / _STATE).exists()


def find_saved(folder: Path, name: str, label_column: str) -> list[Source]:
    """The data files of a saved Dataset, or of every split of a DatasetDict (in a folder of the split's name)."""
    if not (folder / _SPLITS).exists():
        return _shards(folder, name, label_column)
    splits = _read_description(folder / _SPLITS, f"{name}/{_SPLITS}").get("splits")
    if not isinstance(splits, list) or not splits:
        raise bad_data(f"{name}/{_SPLITS}", 'has no list "splits"; save the dataset again')
    found: list[Source] = []
    for split in (_inside(each, f"{name}/{_SPLITS}") for each in splits):
        found += _shards(folder / split, f"{name}/{split}", label_column)
    return found


def read_arrow(reading: Reading) -> Iterator[Row]:
    """The rows of one of its data files; a row's line is its number in the file, from 1."""
    reading.file.hash_whole()
    try:
        with pa.ipc.open_stream(reading.file.raw) as stream:
            check_schema(stream.schema, reading)
            yield from rows_of_batches(stream, reading)
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise bad_data(reading.name, f"is no sound Arrow stream ({first}); save the dataset again") from None


def _shards(folder: Path, name: str, label_column: str) -> list[Source]:
    state = _read_description(folder / _STATE, f"{name}/{_STATE}")
    if state.get("_indices_data_files"):
        raise bad_data(f"{name}/{_STATE}", "keeps its order apart; call flatten_indices() and save the dataset again")
    features = _read_description(folder / "dataset_info.json", f"{name}/dataset_info.json").get("features")
    files = state.get("_data_files")
    if not isinstance(files, list) or not files:
        raise bad_data(f"{name}/{_STATE}", "names no data files; save the dataset again")
    shards = [_inside(each.get("filename") if isinstance(each, dict) else None, f"{name}/{_STATE}") for each in files]
    classes = _classes(features, label_column)
    return [Source(folder / shard, f"{name}/{shard}", ANY, "arrow", classes=classes) for shard in shards]


def _classes(features: Any, label_column: str) -> tuple[str, ...] | None:
    feature = features.get(label_column) if isinstance(features, dict) else None
    if isinstance(feature, dict) and feature.get("_type") in ("Sequence", "List", "LargeList"):
        feature = feature.get("feature")  # a list of labels or tags
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return None
    names = feature.get("names")
    return tuple(str(each) for each in names) if isinstance(names, list) else None


def _inside(word: Any, name: str) -> str:
    """The word, if it names something inside its folder; else raises DataError."""
    if not isinstance(word, str) or word in ("", ".", "..") or "/" in word or "\\" in word or "\0" in word:
        raise bad_data(name, f"names the file {quoted(str(word))}, which may lie outside; save the dataset again")
    return word


def _read_description(path: Path, name: str) -> dict[str, Any]:
    with open_regular(path, name) as file:
        if file.size > _MOST_DESCRIPTION_BYTES:
            raise bad_data(name, f"has {file.size:,} bytes, more than a description; save the dataset again")
        try:
            found = json.loads(b"".join(file.blocks()))
        except (ValueError, RecursionError) as error:
            raise bad_data(name, f"is not JSON ({error}); save the dataset again") from None
    if not isinstance(found, dict):
        raise bad_data(name, "is not a JSON object; save the dataset again")
    return found
