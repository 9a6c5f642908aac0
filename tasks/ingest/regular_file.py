"""A path → the bytes of a regular file that stays the same while it is read."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tasks.errors import DataError
from tasks.ingest.problem import bad_data

BLOCK_BYTES = 256 * 1024


class RegularFile:
    """An open file, its digests gathered while it is read."""

    def __init__(self, name: str, raw: BinaryIO) -> None:
        self.name, self.raw = name, raw
        self._before = os.fstat(raw.fileno())
        self._digests = {"sha256": "", "md5": ""}

    @property
    def size(self) -> int:
        """Bytes in the file when it was opened."""
        return self._before.st_size

    @property
    def sha256(self) -> str:
        return self._digests["sha256"]

    @property
    def md5(self) -> str:
        """As DVC records it: an identity against accident, not against an attacker."""
        return self._digests["md5"]

    def blocks(self) -> Iterator[bytes]:
        """All bytes from the first; the digests are those of exactly these bytes.

        Raises DataError when the file grows meanwhile; for other changes see check_unchanged.
        """
        sha256, md5, seen = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        self.raw.seek(0)
        while block := self.raw.read(BLOCK_BYTES):
            seen += len(block)
            if seen > self.size:  # at once: a file that is written without end would be read without end
                raise self._changed()
            sha256.update(block)
            md5.update(block)
            yield block
        self._digests = {"sha256": sha256.hexdigest(), "md5": md5.hexdigest()}

    def hash_whole(self) -> None:
        """Read the file once for its digests, and go back to its start."""
        for _ in self.blocks():
            pass
        self.raw.seek(0)

    def check_unchanged(self) -> None:
        """Raise DataError if the file was written to, replaced or removed since it was opened."""
        if _state(os.fstat(self.raw.fileno())) != _state(self._before):
            raise self._changed()

    def _changed(self) -> DataError:
        return bad_data(self.name, "changed while it was read; let whatever writes it finish, then run again")


@contextmanager
def open_regular(path: Path, name: str) -> Iterator[RegularFile]:
    """The file at `path`, called `name` in messages.

    Raises DataError for what is missing or no regular file; a pipe or a device is not even opened.
    """
    try:
        refuse_special(path.lstat().st_mode, name)
        # the name may lead elsewhere by now: open no link, wait for no pipe, and look again at what was opened
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as raw:
            refuse_special(os.fstat(descriptor).st_mode, name)
            file = RegularFile(name, raw)
            yield file
            file.check_unchanged()
    except OSError as error:
        raise unreadable(error, name) from None


def unreadable(error: OSError, name: str) -> DataError:
    """The error for a path that cannot be opened."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return bad_data(name, "is missing; put it there, run `dvc pull`, or set ingest.path or ingest.url")
    return bad_data(name, f"cannot be read ({error.strerror}); check the disk and your rights to it")


def refuse_special(mode: int, name: str) -> None:
    """Raise DataError unless the mode (of lstat) is a regular file's."""
    if stat.S_ISLNK(mode):
        advice = "name the file it leads to, or copy it here (in DVC: `dvc config cache.type copy`, `dvc checkout`)"
        raise bad_data(name, f"is a symbolic link; {advice}")
    if not stat.S_ISREG(mode):
        kind = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}.get(
            stat.S_IFMT(mode), "a device"
        )
        raise bad_data(name, f"is {kind}, not a file; write its content to a file and name that in ingest.path")


def _state(status: os.stat_result) -> tuple[int, ...]:
    """What changes with the file; ctime, which nobody can set, also when its name goes to another file."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
