"""a file's md5, as a statement names it → the file with that content, wherever it lies on this disk"""

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tasks.digest import md5_of_file
from tasks.paths import Paths

_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_FOLDER = ".dir"


class Contents:
    """Files by their md5: those of the workspace, of DVC's cache, and of DVC remotes that are folders of this machine.

    Every file is hashed before it is given out, once: what lies under a name that is not its content is not found.
    """

    def __init__(self, paths: Paths) -> None:
        self._root = paths.root
        self._stores = list(_stores(paths.root))
        self._known: dict[str, Path | None] = {}

    def find(self, name: str, md5: str) -> Path | None:
        """The file with this content; `name` is where it lies in the workspace if it is the current one. None if it is
        on this disk no more."""
        if not _MD5.fullmatch(md5):
            return None
        if self._known.get(md5) is None:  # what was not found under one name may be under another
            places = [self._root / name, *(folder / md5[:2] / md5[2:] for folder in self._stores)]
            self._known[md5] = next((place for place in places if _is(place, md5)), None)
        return self._known[md5]

    def find_inside(self, folder: str, md5: str, name: str) -> Path | None:
        """The file `name` of a folder with this content, None if it, or the list of the folder's files, is not here."""
        listed = self.listing(md5)
        return self.find(f"{folder}/{name}", listed[name]) if name in listed else None

    def listing(self, md5: str) -> dict[str, str]:
        """File → md5 of a folder, by DVC's list of it; {} if that list is not here."""
        found = self.find("", md5) if md5.endswith(_FOLDER) else None
        if found is None:
            return {}
        try:
            return {str(each["relpath"]): str(each["md5"]) for each in json.loads(found.read_text(encoding="utf-8"))}
        except (ValueError, LookupError, TypeError, OSError):
            return {}


def _is(path: Path, md5: str) -> bool:
    try:
        return path.is_file() and md5_of_file(path) == md5.removesuffix(_FOLDER)
    except OSError:  # not ours to read: as good as not there
        return False


def _stores(root: Path) -> Iterator[Path]:
    """The folders that hold files by md5."""
    found = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        found.read([root / ".dvc" / "config", root / ".dvc" / "config.local"], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        found = configparser.ConfigParser()
    yield _folder(root, found.get("cache", "dir", fallback="cache"))
    for section in found.sections():
        url = found.get(section, "url", fallback="")
        if "remote" in section and url and "://" not in url:
            yield _folder(root, url)


def _folder(root: Path, given: str) -> Path:
    return root / ".dvc" / given / "files" / "md5"
