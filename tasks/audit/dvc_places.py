"""Where DVC keeps objects: the cache and the default remote, as its configuration files say"""

import os
from configparser import ConfigParser, Error
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def cache_folder(root: Path) -> Path:
    """The cache of the workspace at `root`."""
    told, base = _setting(root, "cache", "dir")
    return (base / told).resolve() if told else root / ".dvc" / "cache"


def remote_address(root: Path) -> str:
    """The address of the default remote: an absolute path if it is a folder here, else a URL; "" if there is none."""
    name, _ = _setting(root, "core", "remote")
    told, base = _setting(root, f"'remote \"{name}\"'", "url") if name else ("", root)
    if not told:
        return ""
    scheme = urlsplit(told).scheme
    if scheme == "file":
        return url2pathname(urlsplit(told).path)
    return told if len(scheme) > 1 else str((base / told).resolve())


def object_file(folder: Path, md5: str) -> Path:
    """Where an object lies in a cache or a remote."""
    return folder / "files" / "md5" / md5[:2] / md5[2:]


def _setting(root: Path, section: str, key: str) -> tuple[str, Path]:
    """A setting, and the folder that relative paths in it start from; the nearest file wins, as with DVC."""
    for file in _files(root):
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(file, encoding="utf-8")
        except (Error, OSError, ValueError):
            continue
        if parser.has_option(section, key):
            return parser.get(section, key).strip("'\""), file.parent
    return "", root


def _files(root: Path) -> list[Path]:
    home = Path(os.environ.get("HOME", "/"))
    own = Path(os.environ.get("DVC_GLOBAL_CONFIG_DIR") or home / ".config" / "dvc")
    system = Path(os.environ.get("DVC_SYSTEM_CONFIG_DIR") or "/etc/xdg/dvc")
    return [root / ".dvc" / "config.local", root / ".dvc" / "config", own / "config", system / "config"]
