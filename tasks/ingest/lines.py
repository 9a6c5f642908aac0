"""blocks of bytes → physical lines of strict UTF-8 text, their breaks kept as they are."""

from collections.abc import Iterable, Iterator
from itertools import chain

from tasks.ingest.encoding import BYTE_ORDER_MARK, nul_found, refuse_other_formats, utf8_broken
from tasks.ingest.problem import bad_data


def read_lines(blocks: Iterable[bytes], name: str, *, max_line_bytes: int) -> Iterator[str]:
    r"""Lines that end in \n, \r\n or \r, each with its end; no other character ends a line.

    A byte order mark is dropped. Raises DataError, with line and byte, for what is not UTF-8 and for NUL.
    """
    return chain.from_iterable(_decoded(blocks, name, max_line_bytes))  # in C: no Python frame for each line


def _decoded(blocks: Iterable[bytes], name: str, max_line_bytes: int) -> Iterator[list[str]]:
    line, offset = 1, 0
    for block in whole_lines(blocks, max_line_bytes):
        if offset == 0:
            refuse_other_formats(block, name)
            offset = len(BYTE_ORDER_MARK) if block.startswith(BYTE_ORDER_MARK) else 0
            block = block[offset:]
        if b"\0" in block:
            raise nul_found(block, name, line, offset)
        pieces = block.splitlines(keepends=True)  # of bytes: splits at \n, \r\n and \r alone, unlike str.splitlines
        if len(block) > max_line_bytes:
            _refuse_long(pieces, name, line, max_line_bytes)
        try:
            yield [*map(bytes.decode, pieces)]
        except UnicodeDecodeError:
            raise utf8_broken(block, name, line, offset) from None
        line += len(pieces)
        offset += len(block)


def whole_lines(blocks: Iterable[bytes], max_line_bytes: int) -> Iterator[bytes]:
    r"""The same bytes in blocks that end at a line's end; no block parts a \r from its \n.

    A line over `max_line_bytes` may come without its end, so that it need not be held.
    """
    parts: list[bytes] = []
    held = 0
    for block in blocks:
        if parts and parts[-1].endswith(b"\r") and not block.startswith(b"\n"):
            yield b"".join(parts)
            parts, held = [], 0
        end = 1 + max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1))
        if end or held + len(block) > max_line_bytes:
            end = end or len(block)
            yield b"".join([*parts, block[:end]])
            parts, held = [], 0
        if end < len(block):
            parts.append(block[end:])
            held += len(block) - end
    if parts:
        yield b"".join(parts)


def _refuse_long(pieces: list[bytes], name: str, first_line: int, limit: int) -> None:
    for line, piece in enumerate(pieces, first_line):
        if len(piece) > limit:
            what = f"the line is longer than {limit:,} bytes (16 times ingest.max_field_bytes)"
            raise bad_data(name, f"{what}; break it into lines, or raise ingest.max_field_bytes", line=line)
