"""gzip bytes → their content, unless it is a bomb."""

import zlib
from collections.abc import Iterable, Iterator

from tasks.ingest.problem import bad_data

_GZIP = 16 + zlib.MAX_WBITS
_STEP_BYTES = 256 * 1024
_HARMLESS_BYTES = 1024 * 1024  # so little may grow by any factor


def gunzip(blocks: Iterable[bytes], name: str, max_ratio: int) -> Iterator[bytes]:
    """The content of all members, in blocks.

    Raises DataError when more than 1 MB has come out and it is over `max_ratio` times what went in so far, when the
    file ends in the middle, or when it is no gzip file. The first 1 MB is held back until then, so that nothing is
    done with a file that is a bomb from its start.
    """
    pieces = _unpack(blocks, name, max_ratio)
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > _HARMLESS_BYTES:
            break
    if held:
        yield bytes(held)
    yield from pieces


def _unpack(blocks: Iterable[bytes], name: str, max_ratio: int) -> Iterator[bytes]:
    packed = unpacked = 0
    member = zlib.decompressobj(_GZIP)
    for block in blocks:
        packed += len(block)
        rest = block
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0")  # padding between members is allowed
                member = zlib.decompressobj(_GZIP) if rest else member
                continue
            piece = _step(member, rest, name)
            rest = member.unconsumed_tail or member.unused_data
            unpacked += len(piece)
            if unpacked > _HARMLESS_BYTES and unpacked > max_ratio * (packed - len(rest)):
                raise bad_data(name, _bomb(max_ratio))
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
    return f"unpacks to more than {max_ratio} times its size (a bomb?); if it is sound raise ingest.max_unpacked_ratio"
