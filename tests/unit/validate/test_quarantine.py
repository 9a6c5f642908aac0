import numpy as np
import pyarrow as pa

from tasks.table import QUARANTINE
from tasks.validate.quarantine import DUPLICATE, Quarantine


def mask(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_each_row_is_told_with_all_its_reasons_and_advice_in_order(table) -> None:
    rows = table(("a", "x"), ("b", "x"), ("c", "x"))
    quarantine = Quarantine(3)
    quarantine.add("too_long", mask(1, 0, 1), "shorten it")
    quarantine.add(DUPLICATE, mask(0, 0, 1), lambda positions: pa.array([f"repeats {each}" for each in positions]))
    aside = quarantine.table(rows)
    assert aside.schema.equals(QUARANTINE)
    assert aside.select(["text", "reasons", "advice"]).to_pylist() == [
        {"text": "a", "reasons": ["too_long"], "advice": "shorten it"},
        {"text": "c", "reasons": ["too_long", DUPLICATE], "advice": "shorten it; repeats 2"},
    ]


def test_a_duplicate_is_removed_but_not_bad() -> None:
    quarantine = Quarantine(3)
    quarantine.add(DUPLICATE, mask(1, 1, 0), "")
    quarantine.add("too_long", mask(0, 1, 0), "")
    assert quarantine.removed.tolist() == [True, True, False]
    assert quarantine.bad.tolist() == [False, True, False]


def test_reasons_are_counted_most_frequent_first_and_empty_ones_left_out() -> None:
    quarantine = Quarantine(2)
    quarantine.add("rare", mask(1, 0), "")
    quarantine.add("never", mask(0, 0), "")
    quarantine.add("common", mask(1, 1), "")
    assert list(quarantine.counts.items()) == [("common", 2), ("rare", 1)]


def test_an_empty_quarantine_is_a_table_without_rows(table) -> None:
    aside = Quarantine(1).table(table(("a", "x")))
    assert aside.num_rows == 0
    assert aside.schema.equals(QUARANTINE)
