"""The labelled texts that the benchmark trains and tests on."""

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

Row = tuple[str, str]
"""A text and its label."""

EMBEDDED = Path("data/raw/support.csv")
MIN_ROWS_PER_LABEL = 5


@dataclass(frozen=True)
class DataSet:
    """Rows to learn from and rows to score on."""

    name: str
    train: tuple[Row, ...]
    test: tuple[Row, ...]


def embedded_data(root: Path) -> DataSet:
    """The data that come with the repository; a keyed hash of the text holds a fifth of them out."""
    rows = _usable(_read_csv(root / EMBEDDED, "text", "intent"))
    train = [row for row in rows if _share(row[0]) >= 0.2]
    return DataSet("support", tuple(train), tuple(row for row in rows if _share(row[0]) < 0.2))


def folder_data(folder: Path, text_column: str, label_column: str) -> DataSet:
    """A folder with train.csv and test.csv, the official split."""
    train = _usable(_read_csv(folder / "train.csv", text_column, label_column))
    return DataSet(folder.name, tuple(train), tuple(_read_csv(folder / "test.csv", text_column, label_column)))


def first_rows(data: DataSet, count: int) -> DataSet:
    """The same test rows and `count` train rows drawn by hash; all of them if `count` is 0."""
    if count == 0 or count >= len(data.train):
        return data
    drawn = sorted(data.train, key=lambda row: _share(f"draw {row[0]}"))[:count]
    labels = {label for _, label in drawn}
    return DataSet(data.name, tuple(drawn), tuple(row for row in data.test if row[1] in labels))


def _read_csv(path: Path, text_column: str, label_column: str) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row[text_column], row[label_column]) for row in csv.DictReader(file)]


def _usable(rows: list[Row]) -> list[Row]:
    """Without empty texts, repeated texts, and labels too rare to be labels: the raw file has planted defects."""
    counts = Counter(label for _, label in rows)
    kept: dict[str, str] = {}
    for text, label in rows:
        if text.strip() and counts[label] >= MIN_ROWS_PER_LABEL:
            kept.setdefault(text, label)
    return list(kept.items())


def _share(text: str) -> float:
    """A number from 0 to 1 that only the text decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
