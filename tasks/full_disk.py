"""A full disk, whoever says so (Python, Arrow, safetensors, SQLite, DVC) → one line that tells what to do

SetupError, exit code 7: nothing is wrong with data or settings, and the same command works once there is room.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.errors import FinetraceError, SetupError

_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_WORDS = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|database or disk is full", re.IGNORECASE
)
"""What safetensors, SQLite and DVC say instead of giving a number."""


def tells_of_full_disk(text: str) -> str:
    """The words in a text that mean a full disk; "" if there are none."""
    found = _WORDS.search(text)
    return found[0] if found else ""


def find_full_disk(error: BaseException) -> str:
    """What was full, as the error or one that led to it says; "" if that was not the trouble."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        words = tells_of_full_disk(str(each))
        if isinstance(each, OSError) and each.errno in _NUMBERS:
            return f"{each.strerror}: {each.filename}" if each.filename else str(each.strerror)
        if words:
            return words
        each = each.__cause__ or each.__context__
    return ""


def full_disk(words: str) -> SetupError:
    """What a person is told of it."""
    return SetupError(
        f"The disk is full, or your quota is used up ({words}). Make room, then run again: what was finished is kept, "
        "and nothing half-done was registered."
    )


@contextmanager
def telling_full_disk() -> Iterator[None]:
    """Whatever fails within the block for want of room is told as SetupError."""
    try:
        yield
    except FinetraceError:
        raise
    except Exception as error:
        words = find_full_disk(error)
        if words:
            raise full_disk(words) from error
        raise
