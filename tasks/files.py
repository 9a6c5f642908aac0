"""Files written whole or not at all."""

import json
import math
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tasks.errors import DataError, IntegrityError
from tasks.process_name import is_alive, machine_name, process_name

_OWN = frozenset({".finetrace", "cache", "checkpoints"})
"""Folders that are made for their owner alone: what they hold is no result, but tells of the data."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LEFT = re.compile(r"\.tmp-(?P<machine>\w+)-(?P<process>\d+@\d+)-")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; it takes its place (file or folder) when the block ends well.

    A reader sees the old content or the new, never half. On an error the old content stays. What processes that were
    killed left beside `path` is removed. Modes are the umask's, but closed to others in a folder that is.
    """
    make_folder(path.parent)
    _remove_left(path.parent)
    mine = f".tmp-{machine_name()}-{process_name()}"
    temporary = path.parent / f"{mine}-{path.name}"
    _remove(temporary)
    try:
        yield temporary
        if _is_closed(path.parent):
            _close(temporary)
        sync(temporary)
        if path.is_dir() and not path.is_symlink():
            old = path.parent / f"{mine}-old-{path.name}"
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old)
        else:
            temporary.replace(path)
        _sync_one(path.parent)  # its list of names, not what else lies in it: that is not ours
    finally:
        _remove(temporary)


def drop_oldest(folder: Path, gigabytes: float, *, keep: int) -> None:
    """Remove the files of a cache that were used longest ago until it takes at most `gigabytes`.

    A file's time of change is when it was used last. The newest `keep` stay, whatever they take.
    """
    taken = 0
    files = []
    for file in folder.glob("*.safetensors"):
        with suppress(FileNotFoundError):  # another process may drop files, too
            files.append((file.stat(), file))
    for number, (found, file) in enumerate(sorted(files, key=lambda each: each[0].st_mtime_ns, reverse=True)):
        taken += found.st_size
        if number >= keep and taken > gigabytes * 1e9:
            file.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, if it is not there; a new one in a closed one is closed too."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    closed = folder.name in _OWN or _is_closed(folder.parent)
    folder.mkdir(mode=0o700 if closed else 0o777, exist_ok=True)


@contextmanager
def owner_only() -> Iterator[None]:
    """Whatever this process makes within the block is its owner's alone, also what libraries make."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def refuse_links_out(folder: Path, root: Path) -> None:
    """Raise DataError if the folder, or anything in it, is a link that leads out of `root`.

    What is written there would land elsewhere, and what is read there would be whatever somebody puts elsewhere.
    """
    home = os.path.realpath(root)
    for link in _links(folder):
        if os.path.commonpath([home, os.path.realpath(link)]) != home:
            name = link.relative_to(root)
            what = f"{name} is a link that leads out of the workspace, to {link.readlink()}"
            raise DataError(f"{what}. Put what it leads to in its place.")


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON, whole or not at all. NaN and infinity are refused (ValueError)."""
    with replacing(path) as temporary:
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """The value in a JSON file; NaN and infinity, which JSON does not have, are None: nobody measured them.

    Raises IntegrityError if it is not JSON in UTF-8.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError) as error:  # also UnicodeDecodeError
        raise IntegrityError(f"{path} is broken ({error}). Restore it, or make it again.") from None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None  # 1e999


def sync(path: Path) -> None:
    """Ask the disk to keep a file, or every file of a folder."""
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        _sync_one(each)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_left(folder: Path) -> None:
    """Remove the temporary files and folders of processes that were killed; those of the living stay, and those of
    other machines and containers, of which nobody here knows whether they live."""
    for path in folder.glob(".tmp-*"):
        written = _LEFT.match(path.name)
        if written and written["machine"] == machine_name() and not is_alive(written["process"]):
            with suppress(OSError):  # somebody else was quicker, or it is somebody else's
                _remove(path)


def _is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & _OTHERS


def _links(folder: Path) -> Iterator[Path]:
    """The folder and all in it, if they are symbolic links; none is followed."""
    if folder.is_symlink():
        yield folder
        return
    for parent, folders, files in os.walk(folder):
        yield from filter(Path.is_symlink, (Path(parent, name) for name in (*folders, *files)))


def _close(path: Path) -> None:
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if not each.is_symlink():
            each.chmod(each.stat().st_mode & ~_OTHERS)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
