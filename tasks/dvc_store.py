"""DVC's objects by their md5: where cache and remotes lie, what dvc.lock names, and the file that holds an object"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tasks.digest import md5_of_file

_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
FOLDER = ".dir"
"""How the md5 of a folder ends: it is taken of the list of the folder's files."""


class DvcStore:
    """The objects of a workspace: in its DVC cache, and in DVC remotes that are folders of this machine.

    Every file is hashed before it is given out: what lies under a name that is not its content is not found.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders = [cache_folder(root), *_remote_folders(root)]

    def find(self, name: str, md5: str) -> Path | None:
        """The file with this content, None if there is none; `name` is its place in the workspace, "" if it has none.

        md5: of a file, or, with .dir at its end, of a folder's list of files.
        """
        if not _MD5.fullmatch(md5):
            return None
        in_workspace = [self._root / name] if name else []
        places = [*in_workspace, *(object_file(folder, md5) for folder in self._folders)]
        return next((place for place in places if is_object(place, md5)), None)


def is_object(file: Path, md5: str) -> bool:
    """Whether a file has the bytes that an object of this name must have."""
    try:
        return file.is_file() and md5_of_file(file) == md5.removesuffix(FOLDER)
    except OSError:  # not ours to read: as good as not there
        return False


def object_file(folder: Path, md5: str) -> Path:
    """Where an object lies in a cache or a remote."""
    return folder / "files" / "md5" / md5[:2] / md5[2:]


def members(file: Path) -> dict[str, str]:
    """Path → md5 of a folder's files, by DVC's list of it; {} if the file is no such list."""
    try:
        listed = json.loads(file.read_bytes())
        return {str(each["relpath"]): str(each["md5"]) for each in listed}
    except (ValueError, TypeError, KeyError, OSError, RecursionError):
        return {}


def md5_of(path: Path, digest: Callable[[Path], str] = md5_of_file) -> str:
    """What DVC would call a file or folder; "" if there is none. digest: gives a file's md5."""
    if path.is_file():
        return digest(path)
    if not path.is_dir():
        return ""
    files = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.relative_to(path).parts)
    kept = [file for file in files if file.suffix != ".pyc" and not file.name.startswith(".tmp-")]
    return md5_of_folder({file.relative_to(path).as_posix(): digest(file) for file in kept})


def md5_of_folder(digests: Mapping[str, str]) -> str:
    """The name that DVC gives a folder with these files (path → md5): the md5 of its list of them, as DVC writes it."""
    listed = [{"md5": digests[name], "relpath": name} for name in sorted(digests, key=lambda each: each.split("/"))]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + FOLDER


def cache_folder(root: Path) -> Path:
    """The cache of the workspace at `root`."""
    value, base = _setting(root, "cache", "dir")
    return _resolved(base, value) if value else root / ".dvc" / "cache"


def remote_address(root: Path, name: str = "") -> str:
    """The address of a remote, the default one if no name is given: an absolute path if it is a folder here, else a
    URL; "" if there is none."""
    name = name or _setting(root, "core", "remote")[0]
    value, base = _setting(root, f"'remote \"{name}\"'", "url") if name else ("", root)
    if not value:
        return ""
    url = urlsplit(value)
    if url.scheme == "file":
        return url2pathname(url.path)
    return value if len(url.scheme) > 1 else str(_resolved(base, value))


def stages(lock: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Stage → what dvc.lock records of it; {} if it is of another shape."""
    found = lock.get("stages")
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def parts(lock: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str, str]]:
    """(stage, path, md5) of every entry of this kind: deps or outs."""
    for stage, recorded in stages(lock).items():
        for each in recorded.get(kind) or []:
            yield stage, str(each.get("path", "")), str(each.get("md5", ""))


def outputs(lock: Mapping[str, Any]) -> dict[str, str]:
    """Path → md5 of everything that a stage made."""
    return {path: md5 for _, path, md5 in parts(lock, "outs")}


def _remote_folders(root: Path) -> list[Path]:
    """The remotes that are folders of this machine, the default one first."""
    names = [_setting(root, "core", "remote")[0]]
    for file in _files(root):
        names += re.findall(r"^'remote \"(.+)\"'$", "\n".join(_parse(file).sections()), re.MULTILINE)
    addresses = (remote_address(root, name) for name in dict.fromkeys(names) if name)
    return [Path(each) for each in addresses if each and "://" not in each]


def _setting(root: Path, section: str, key: str) -> tuple[str, Path]:
    """A setting, and the folder that relative paths in it start from; the nearest file wins, as with DVC."""
    for file in _files(root):
        parser = _parse(file)
        if parser.has_option(section, key):
            return parser.get(section, key).strip("'\""), file.parent
    return "", root


def _parse(file: Path) -> ConfigParser:
    """A configuration file of DVC; as good as empty if it cannot be read."""
    parser = ConfigParser(interpolation=None, strict=False, inline_comment_prefixes=("#",))
    try:
        parser.read(file, encoding="utf-8")
    except (Error, OSError, ValueError):
        return ConfigParser()
    return parser


def _resolved(base: Path, path: str) -> Path:
    return (base / Path(path).expanduser()).resolve()


def _files(root: Path) -> list[Path]:
    """The configuration files that DVC reads, the nearest first."""
    user = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/")) / ".config"
    own = Path(os.environ.get("DVC_GLOBAL_CONFIG_DIR") or Path(user) / "dvc")
    shared = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0] or "/etc/xdg"
    system = Path(os.environ.get("DVC_SYSTEM_CONFIG_DIR") or Path(shared) / "dvc")
    return [root / ".dvc" / "config.local", root / ".dvc" / "config", own / "config", system / "config"]
