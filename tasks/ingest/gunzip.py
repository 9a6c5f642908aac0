"""gzip bytes → their content, unless it is a bomb."""

import zlib
from collections.abc import Iterable, Iterator

from tasks.ingest.problem import bad_data

_GZIP = 16 + zlib.MAX_WBITS
_STEP_BYTES = 256 * 1024
_STRETCH_BYTES = 1024 * 1024  # so little may grow by any factor


def gunzip(blocks: Iterable[bytes], name: str, max_ratio: int) -> Iterator[bytes]:
    """The content of all members, in blocks.

    Raises DataError when a stretch of 1 MB comes out of less than 1/`max_ratio` of it, wherever in the file that is
    (a good beginning makes no bomb harmless), when the file ends in the middle, or when it is no gzip file. The first
    1 MB is held back until then, so that nothing is done with a file that is a bomb from its start.
    """
    pieces = _unpack(blocks, name, max_ratio)
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > _STRETCH_BYTES:
            break
    if held:
        yield bytes(held)
    yield from pieces


def _unpack(blocks: Iterable[bytes], name: str, max_ratio: int) -> Iterator[bytes]:
    went_in = came_out = 0  # since the last stretch was found harmless
    member = zlib.decompressobj(_GZIP)
    for block in blocks:
        rest = block
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0")  # padding between members is allowed
                member = zlib.decompressobj(_GZIP) if rest else member
                continue
            piece = _step(member, rest, name)
            left = member.unconsumed_tail or member.unused_data
            went_in += len(rest) - len(left)
            came_out += len(piece)
            rest = left
            if came_out > _STRETCH_BYTES:
                if came_out > max_ratio * went_in:
                    raise bad_data(name, _bomb(max_ratio))
                went_in = came_out = 0
            if piece:
                yield piece
    if not member.eof:
        raise bad_data(name, "is a gzip file that ends in the middle; copy or fetch it again")


def _step(member: "zlib._Decompress", rest: bytes, name: str) -> bytes:
    try:
        return member.decompress(rest, _STEP_BYTES)
    except zlib.error as error:
        raise bad_data(name, f"is no sound gzip file ({error}); copy it again, or drop the .gz") from None


def _bomb(max_ratio: int) -> str:
    what = f"unpacks to more than {max_ratio} times its size, in whole or for a stretch of 1 MB (a bomb?)"
    return f"{what}; if it is sound raise ingest.max_unpacked_ratio"
