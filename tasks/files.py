"""Files written whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; it takes its place (file or folder) when the block ends well.

    A reader sees the old content or the new, never half. On an error the old content stays. Files are 0600-safe:
    they take the process's umask.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{os.getpid()}-{path.name}"
    _remove(temporary)
    try:
        yield temporary
        sync(temporary)
        if path.is_dir() and not path.is_symlink():
            old = path.parent / f".tmp-{os.getpid()}-old-{path.name}"
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old)
        else:
            temporary.replace(path)
        sync(path.parent)
    finally:
        _remove(temporary)


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON, whole or not at all. NaN and infinity are refused (ValueError)."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises IntegrityError if it is not JSON in UTF-8."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # also UnicodeDecodeError
        raise IntegrityError(f"{path} is broken ({error}). Restore it, or make it again.") from None


def sync(path: Path) -> None:
    """Ask the disk to keep a file, or every file of a folder."""
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
