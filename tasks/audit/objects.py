"""A cache or remote folder → the objects that a version needs, each hashed today"""

from collections.abc import Iterable
from pathlib import Path

from tasks.audit.witnesses import Place
from tasks.digest import md5_of_file
from tasks.dvc_store import FOLDER, members, object_file


def read_objects(folder: Path, where: str, names: Iterable[str]) -> Place:
    """The objects called by these md5s, and those that folders among them list."""
    found: dict[str, str] = {}
    lists: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(names):
        _read(folder, name, found)
        if name.endswith(FOLDER) and name in found:
            lists[name] = members(object_file(folder, name))
            for member in lists[name].values():
                _read(folder, member, found)
    return Place(where, found, lists)


def _read(folder: Path, name: str, found: dict[str, str]) -> None:
    file = object_file(folder, name)
    if name in found or len(name) < 4 or "/" in name or not file.is_file():
        return
    suffix = FOLDER if name.endswith(FOLDER) else ""
    try:
        found[name] = md5_of_file(file) + suffix
    except OSError as error:
        found[name] = f"unreadable ({error.strerror})"
