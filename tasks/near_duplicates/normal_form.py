"""A text without its case, punctuation and spacing."""

from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

_DROPPED = r"['’\p{Cf}]"  # don't = dont; zero-width and direction marks are not seen either
_SPACED = r"[\p{P}\p{Z}\p{Cc}]+"


_AT_ONCE = 65_536  # Python strings: bounds the memory


def normal_forms(texts: pa.Array) -> pa.Array:
    """Each text in NFKC, case-folded, without punctuation, its words one space apart.

    A text of nothing but punctuation keeps it, so that "?" and "!!" stay two texts. Symbols (+ $ emoji) are kept.
    """
    parts = [_normal_forms(texts.slice(first, _AT_ONCE)) for first in range(0, len(texts), _AT_ONCE)]
    return pa.concat_arrays([pa.array([], pa.string()), *parts])


def _normal_forms(texts: pa.Array) -> pa.Array:
    folded = pa.array([normalize("NFKC", text).casefold() for text in texts.to_pylist()], pa.string())
    bare = pc.replace_substring_regex(folded, pattern=_DROPPED, replacement="")
    words = pc.utf8_trim(pc.replace_substring_regex(bare, pattern=_SPACED, replacement=" "), " ")
    return pc.if_else(pc.equal(words, ""), pc.utf8_trim_whitespace(folded), words)
