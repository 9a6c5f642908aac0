"""Tables are checked when read, and the same rows are the same bytes."""

from pathlib import Path

import pytest

from tasks.errors import DataError
from tasks.table import INGESTED, SPLIT, read_table, write_rows

ROW = {"row_id": "1", "side": "any", "line": 2, "text": "a\nb", "pair": None, "label": "x"}


def test_a_row_comes_back_as_it_was(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.parquet", [ROW], INGESTED)
    assert read_table(tmp_path / "t.parquet", INGESTED).to_pylist() == [ROW]


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_rows(tmp_path / name, [ROW] * 50, INGESTED)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_missing_table_and_other_columns_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        read_table(tmp_path / "t.parquet", INGESTED)
    write_rows(tmp_path / "t.parquet", [ROW], INGESTED)
    with pytest.raises(DataError, match="columns"):
        read_table(tmp_path / "t.parquet", SPLIT)
