"""Small data sets in which labels are easy to tell apart."""

import csv
import io
import random

FILLING = [
    "my",
    "the",
    "please",
    "help",
    "why",
    "today",
    "again",
    "still",
    "with",
    "for",
    "was",
    "your",
    "app",
    "week",
    "wrong",
    "really",
    "now",
    "very",
    "cannot",
]
TOLD_BY = {
    "shipping": ["parcel", "delivery", "courier", "box", "tracking", "arrive", "shipment", "late"],
    "payment": ["card", "invoice", "refund", "charge", "bill", "bank", "money", "paid"],
    "login": ["password", "account", "login", "email", "reset", "code", "locked", "sign"],
}
LABELS = tuple(TOLD_BY)
WORDS = [*FILLING, *(word for words in TOLD_BY.values() for word in words)]
Row = tuple[str, str]
"""text, label"""


def easy_rows(per_label: int, seed: int = 7) -> list[Row]:
    """Different texts of three labels, mixed, always the same for a seed."""
    draw = random.Random(seed)  # noqa: S311 - test data
    rows: dict[str, str] = {}
    while len(rows) < per_label * len(LABELS):
        label = LABELS[len(rows) % len(LABELS)]
        rows.setdefault(" ".join([*draw.sample(FILLING, 5), *draw.sample(TOLD_BY[label], 3)]), label)
    return list(rows.items())


def as_csv(rows: list[Row], header: tuple[str, ...] = ("text", "label")) -> str:
    """The rows as RFC 4180 text with a header."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows([header, *rows])
    return written.getvalue()
