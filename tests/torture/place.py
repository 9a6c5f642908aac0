"""Where a case happens: a folder of its own, and workspaces in it that were prepared once for all."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.torture.commands import MARKER, clean_environment
from tests.torture.workspace import Workspace, copy_workspace

T = TypeVar("T")


class Lab:
    """What the cases share."""

    def __init__(self, root: Path, *, full: bool = False) -> None:
        self.root = root
        self.full = full
        self._made: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, name: str, make: "Callable[[Place], T]") -> T:
        """What `make` gives, made when it is first asked for; who asks meanwhile waits. Its failure is kept too."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._made:
                try:
                    self._made[name] = make(Place(self.root / "prepared" / name, self))
                except Exception as error:
                    self._made[name] = error
                    raise
        found = self._made[name]
        if isinstance(found, Exception):
            raise RuntimeError(f"{name} could not be prepared: {found}")
        return found  # type: ignore[no-any-return]


class Place:
    """A case's folder."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        self.folder = folder
        self.lab = lab
        self.marker = str(folder)
        self.scratch = folder / "tmp"
        self.scratch.mkdir(parents=True)
        (folder / "home").mkdir()
        self.canary = folder / "CANARY"
        """What hostile input tries to make: there after the case means that its code ran."""
        self.kills = False
        """Set by a case that kills: a killed process cannot clear its own temporary folder."""
        self.workspaces: list[Workspace] = []

    @property
    def environment(self) -> dict[str, str]:
        """Of every command run here."""
        return clean_environment() | {
            MARKER: self.marker,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.scratch),
            "DVC_SITE_CACHE_DIR": str(self.folder / "dvc-site"),
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "240",
            "NO_COLOR": "1",
        }

    def empty(self, name: str = "workspace") -> Workspace:
        """A new folder."""
        (self.folder / name).mkdir()
        return self._use(self.folder / name)

    def copy(self, prepared: Workspace, name: str = "workspace") -> Workspace:
        """A copy of a workspace that was prepared."""
        copy_workspace(prepared.root, self.folder / name)
        return self._use(self.folder / name)

    def _use(self, root: Path) -> Workspace:
        workspace = Workspace(root, self.environment)
        self.workspaces.append(workspace)
        return workspace
