"""Characters that a reader does not see, as patterns that RE2 and Python read alike."""

import pyarrow as pa
import pyarrow.compute as pc

CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""C0 and C1 controls and DEL, but not tab, line feed and carriage return."""

C1_PUNCTUATION = "[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]"
"""C1 controls that are characters in Windows-1252, mostly quotes and dashes: such a file was read as Latin-1."""

OTHER_CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]"
"""The controls that are not C1_PUNCTUATION."""

BIDI_CONTROLS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
"""Characters that reorder the text around them (Unicode UAX 9): shown is not what is stored."""

INVISIBLE = "[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]|[A-Za-z0-9][\u200c\u200d]"
"""Zero-width characters and tags. A joiner (ZWJ, ZWNJ) counts after a Latin letter alone: emoji and Persian need it."""

REPLACEMENT = "\ufffd"
"""What a decoder leaves where it could not read: the file was once read in a wrong encoding."""

NOTHING_SEEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f]"
)
"""All of them together, joiners everywhere: none makes a text longer or a label another one."""

_SPACE = "[ \t\r\n\u00a0\u2000-\u200a\u3000]"  # written out: RE2's and Python's \\s differ
UNTIDY = f"^{_SPACE}|{_SPACE}$|{NOTHING_SEEN}"
"""Space at an end, or anything not seen."""


def visible_lengths(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """How many characters a reader sees of each text, spaces at the ends not counted; int32, null for null."""
    if pc.any(pc.match_substring_regex(texts, NOTHING_SEEN)).as_py():
        texts = pc.replace_substring_regex(texts, NOTHING_SEEN, "")
    return pc.utf8_length(pc.utf8_trim_whitespace(texts))
