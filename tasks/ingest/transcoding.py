"""blocks of bytes in a declared encoding → blocks of UTF-8"""

import codecs
from collections.abc import Callable, Iterable, Iterator

from tasks.errors import DataError
from tasks.ingest.encoding import ENCODINGS, refuse_other_encoding
from tasks.ingest.problem import bad_data


def to_utf8(
    blocks: Iterable[bytes], name: str, encoding: str, *, note: Callable[[str], None] | None = None
) -> Iterator[bytes]:
    """The same text in UTF-8.

    note: called once if a file in an encoding of one byte a character is sound UTF-8, too, and not of ASCII alone.
    Raises DataError, with line and byte, for bytes that are no character of the encoding.
    """
    decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])()
    place = _Place()
    utf8 = _Utf8() if note is not None and not encoding.startswith("utf-16") else None
    for block in _with_end(blocks):
        if place.byte == 0 and block:
            refuse_other_encoding(block, name, encoding)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise _no_character(error, place.byte - held, place, name, encoding) from None
        if utf8 is not None:
            utf8.look(block)
        place.advance(text, len(block))
        if text:
            yield text.encode()
    if note is not None and utf8 is not None and utf8.is_sound and utf8.is_beyond_ascii:
        note(f"{name} is sound UTF-8 and was read as {encoding}: look at its accents, and at ingest.encoding")


class _Place:
    """Where in the file the next block begins."""

    def __init__(self) -> None:
        self.line, self.byte, self._after_return = 1, 0, False

    def advance(self, text: str, size: int) -> None:
        self.line = self.line_after(text)
        self.byte += size
        self._after_return = text.endswith("\r") if text else self._after_return

    def line_after(self, text: str) -> int:
        breaks = text.count("\n") + text.count("\r") - text.count("\r\n")
        return self.line + breaks - (self._after_return and text.startswith("\n"))


class _Utf8:
    """Whether blocks seen so far are sound UTF-8."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.is_sound, self.is_beyond_ascii = True, False

    def look(self, block: bytes) -> None:
        """Take in the next block; an empty one is the end."""
        self.is_beyond_ascii |= not block.isascii()
        if self.is_sound:
            try:
                self._decoder.decode(block, final=not block)
            except UnicodeDecodeError:
                self.is_sound = False


def _with_end(blocks: Iterable[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""


def _no_character(error: UnicodeDecodeError, first_byte: int, place: _Place, name: str, encoding: str) -> DataError:
    before = error.object[: error.start].decode(ENCODINGS[encoding], "ignore")
    line, byte = place.line_after(before), first_byte + error.start
    if error.reason in ("truncated data", "unexpected end of data"):
        return bad_data(name, f"byte {byte:,}: the file ends inside a character; copy it again", line=line)
    bad = error.object[error.start : error.end].hex()
    advice = f"set ingest.encoding to what the file is in: {', '.join(ENCODINGS)}"
    return bad_data(name, f"byte {byte:,}: 0x{bad} is no character of {encoding}; {advice}", line=line)
