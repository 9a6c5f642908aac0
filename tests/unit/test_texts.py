"""Texts and pairs of texts, as rows of a table and as what a model reads."""

import pyarrow as pa
import pytest

from tasks.texts import SEPARATOR, Text, holds_pairs, joined, parts, strings, texts_of

SINGLE: list[Text] = ["a", "b c"]
PAIRS: list[Text] = [("a", "b"), ("c", "d e")]


def table(texts: list[Text]) -> pa.Table:
    first, second = parts(texts)
    return pa.table({"text": first, "pair": pa.array(second or [None] * len(first), pa.string())})


@pytest.mark.parametrize(("texts", "are_pairs"), [(SINGLE, False), (PAIRS, True), ([], False)])
def test_a_table_gives_back_the_texts_it_was_made_of(texts: list[Text], are_pairs: bool) -> None:
    assert texts_of(table(texts)) == texts
    assert holds_pairs(table(texts)) is are_pairs


def test_a_pair_is_one_string_with_a_separator_that_no_checked_text_holds() -> None:
    assert joined(table(PAIRS)).to_pylist() == [f"a{SEPARATOR}b", f"c{SEPARATOR}d e"]
    assert joined(table(SINGLE)).to_pylist() == SINGLE


def test_all_texts_come_one_after_the_other() -> None:
    assert strings([*PAIRS, "f"]) == ["a", "b", "c", "d e", "f"]
