"""DVC's list of who reads and writes which files, when a DVC was killed while it wrote it

DVC empties the list before it writes it anew. Killed in between, it leaves an empty file, which every later DVC refuses
to read, though what it held is lost already.
"""

from contextlib import AbstractContextManager
from pathlib import Path

import psutil

FOLDER = Path(".dvc") / "tmp"
LIST, GUARD = FOLDER / "rwlock", FOLDER / "rwlock.lock"
"""Relative to the workspace; DVC holds the second while it reads and writes the first."""


def drop_emptied(root: Path, guard: AbstractContextManager[object]) -> None:
    """Delete the list if it is empty, nobody is about to fill it and no other DVC works here, whose entry would be
    missed. Otherwise DVC says what is wrong. Raises what the guard of GUARD raises if somebody else holds it."""
    if not _is_empty(root / LIST):
        return
    with guard:
        if _is_empty(root / LIST) and not _is_at_work(root):
            (root / LIST).unlink()


def _is_empty(file: Path) -> bool:
    return file.is_file() and file.stat().st_size == 0


def _is_at_work(root: Path) -> bool:
    """Whether somebody's `dvc` or `python -m dvc` runs in this folder."""
    for process in psutil.process_iter():
        try:
            if any(Path(word).name == "dvc" for word in process.cmdline()) and Path(process.cwd()) == root:
                return True
        except psutil.Error:  # gone, or somebody else's
            continue
    return False
