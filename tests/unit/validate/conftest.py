from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from tasks.digest import row_id
from tasks.table import INGESTED

Row = tuple[str | None, str | None]


@pytest.fixture
def table() -> Callable[..., pa.Table]:
    """Ingested rows from (text, label) pairs; the first is on line 2, below the header."""

    def build(*rows: Row, test: tuple[Row, ...] = (), **others: tuple[Row, ...]) -> pa.Table:
        return pa.Table.from_pylist(
            [
                {"row_id": row_id(text or "", label or ""), "side": side, "line": line, "text": text, "label": label}
                for side, pairs in (("any", rows), ("test", test), *others.items())
                for line, (text, label) in enumerate(pairs, start=2)
            ],
            schema=INGESTED,
        )

    return build


@pytest.fixture
def plenty() -> list[Row]:
    """Twenty sound rows: ten of "refund", ten of "delivery"."""
    return [(f"give me my money back for order {n}", "refund") for n in range(10)] + [
        (f"where is parcel number {n}", "delivery") for n in range(10)
    ]


@pytest.fixture
def by_word() -> Callable[[list[str]], np.ndarray]:
    """Features that tell the two labels of `plenty` apart: whether "money" and "parcel" occur, and a little noise."""

    def featurise(texts: list[str]) -> np.ndarray:
        noise = np.random.default_rng(0).normal(scale=0.01, size=(len(texts), 2))
        return (np.array([["money" in text, "parcel" in text] for text in texts]) + noise).astype(np.float32)

    return featurise
