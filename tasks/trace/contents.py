"""a file's md5, as a statement names it → the file with that content, wherever it lies on this disk"""

from pathlib import Path

from tasks.dvc_store import FOLDER, DvcStore, members
from tasks.paths import Paths


class Contents:
    """Files by their md5: those of the workspace, of DVC's cache, and of DVC remotes that are folders of this machine.

    Every file is hashed before it is given out, once: what lies under a name that is not its content is not found.
    """

    def __init__(self, paths: Paths) -> None:
        self._store = DvcStore(paths.root)
        self._known: dict[str, Path | None] = {}

    def find(self, name: str, md5: str) -> Path | None:
        """The file with this content; `name` is where it lies in the workspace if it is the current one. None if it is
        on this disk no more."""
        if self._known.get(md5) is None:  # what was not found under one name may be under another
            self._known[md5] = self._store.find(name, md5)
        return self._known[md5]

    def find_inside(self, folder: str, md5: str, name: str) -> Path | None:
        """The file `name` of a folder with this content, None if it, or the list of the folder's files, is not here."""
        listed = self.listing(md5)
        return self.find(f"{folder}/{name}", listed[name]) if name in listed else None

    def listing(self, md5: str) -> dict[str, str]:
        """File → md5 of a folder, by DVC's list of it; {} if that list is not here."""
        found = self.find("", md5) if md5.endswith(FOLDER) else None
        return {} if found is None else members(found)
