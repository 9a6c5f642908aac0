"""A text, or a pair of texts, without its case, punctuation and spacing."""

from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from tasks.texts import SEPARATOR

_DROPPED = r"['’\p{Cf}]"  # don't = dont; zero-width and direction marks are not seen either
_SPACED = r"[\p{P}\p{Z}\p{Cc}]+"


_AT_ONCE = 65_536  # Python strings: bounds the memory


def normal_forms(texts: pa.Array) -> pa.Array:
    """Each text in NFKC, case-folded, without punctuation, its words one space apart.

    A text of nothing but punctuation keeps it, so that "?" and "!!" stay two texts. Symbols (+ $ emoji) are kept.
    Of a pair (tasks.texts.joined) both texts are brought into that form, SEPARATOR stays between them.
    """
    parts = [_of_both(texts.slice(first, _AT_ONCE)) for first in range(0, len(texts), _AT_ONCE)]
    return pa.concat_arrays([pa.array([], pa.string()), *parts])


def are_pairs(texts: pa.Array) -> bool:
    """Whether the texts, or their normal forms, are pairs: all are, or none."""
    return len(texts) > 0 and SEPARATOR in texts[0].as_py()


def halves(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The first and the second texts of pairs."""
    parted = pc.split_pattern(texts, SEPARATOR, max_splits=1)
    return pc.list_element(parted, 0), pc.list_element(parted, 1)


def _of_both(texts: pa.Array) -> pa.Array:
    if not are_pairs(texts):
        return _normal_forms(texts)
    return pc.binary_join_element_wise(*map(_normal_forms, halves(texts)), SEPARATOR)


def _normal_forms(texts: pa.Array) -> pa.Array:
    folded = pa.array([normalize("NFKC", text).casefold() for text in texts.to_pylist()], pa.string())
    bare = pc.replace_substring_regex(folded, pattern=_DROPPED, replacement="")
    words = pc.utf8_trim(pc.replace_substring_regex(bare, pattern=_SPACED, replacement=" "), " ")
    return pc.if_else(pc.equal(words, ""), pc.utf8_trim_whitespace(folded), words)
