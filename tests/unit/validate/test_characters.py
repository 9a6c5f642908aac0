import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tasks.validate.characters import BIDI_CONTROLS, CONTROLS, INVISIBLE, NOTHING_SEEN, UNTIDY, visible_lengths


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        (CONTROLS, "NUL \x00", True),
        (CONTROLS, "escape \x1b[31m", True),
        (CONTROLS, "Windows-1252 read as Latin-1: \x92", True),
        (CONTROLS, "tab\tand\r\nline", False),
        (CONTROLS, "emoji 👩‍👩‍👧 and \u05e9\u05dc\u05d5\u05dd", False),
        (BIDI_CONTROLS, "user\u202etxt.exe", True),
        (BIDI_CONTROLS, "\u05e9\u05dc\u05d5\u05dd is right to left by itself", False),
        (INVISIBLE, "re\u200bfund", True),
        (INVISIBLE, "\ufeffrefund", True),
        (INVISIBLE, "r\u200defund", True),
        (INVISIBLE, "tags\U000e0041", True),
        (INVISIBLE, "family 👩‍👩‍👧", False),
        (INVISIBLE, "می\u200cخواهم", False),  # Persian needs the non-joiner
        (UNTIDY, "refund ", True),
        (UNTIDY, "\u00a0refund", True),
        (UNTIDY, "refund status", False),
    ],
)
def test_patterns_find_what_they_name_in_both_engines(pattern: str, text: str, is_found: bool) -> None:
    assert bool(re.search(pattern, text)) is is_found
    assert pc.match_substring_regex(pa.scalar(text), pattern).as_py() is is_found


def test_the_pattern_of_all_covers_each_of_the_others() -> None:
    for text in ("\x00", "\x9f", "\u202e", "\u200b", "\ufeff", "\u200d", "\U000e0041"):
        assert re.fullmatch(NOTHING_SEEN, text)


def test_visible_lengths_count_what_a_reader_sees() -> None:
    texts = pa.array(["abc", "  abc\u00a0", " \t\n", "\u200b\ufeff", "a\u200bb", "", None])
    assert visible_lengths(texts).to_pylist() == [3, 3, 0, 0, 2, 0, None]
