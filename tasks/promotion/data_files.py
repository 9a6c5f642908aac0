"""The data that a version was measured on, wherever they lie: named by their md5, as DVC names them"""

from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from tasks.digest import md5_of_file
from tasks.lineage.statement import Statement
from tasks.paths import Paths

TRAIN = "data/split/train.parquet"


def recorded_test(statement: Statement) -> tuple[str, str]:
    """Name and md5 of the test rows; "" if the statement does not tell."""
    for each in statement.materials.values():
        if each.get("annotations", {}).get("context") == "testing":
            return str(each["name"]), str(each["digest"].get("md5", ""))
    return "", ""


def recorded_train(statement: Statement) -> tuple[str, str]:
    """Name and md5 of the train rows as split made them; "" if the statement does not tell."""
    for stage in statement.stages:
        for each in stage["inputs"]:
            if stage["name"] == "evaluate" and each["name"] == TRAIN:
                return TRAIN, str(each["digest"].get("md5", ""))
    return "", ""


def find_data(paths: Paths, name: str, md5: str) -> Path | None:
    """A file with this md5: in the workspace under its name, else in DVC's cache; None if neither has it."""
    places = [paths.root / name, *(folder / "files" / "md5" / md5[:2] / md5[2:] for folder in cache_folders(paths))]
    known = (place for place in places if name and md5 and place.is_file())
    return next((place for place in known if md5_of_file(place) == md5), None)


def cache_folders(paths: Paths) -> Iterator[Path]:
    """Where DVC keeps what it made here: as its settings say, the nearest first, else in .dvc/cache."""
    settings = paths.root / ".dvc"
    for name in ("config.local", "config"):
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(settings / name, encoding="utf-8")
        except (ConfigError, UnicodeDecodeError):
            continue
        folder = parser.get("cache", "dir", fallback="")
        if folder:
            yield settings / Path(folder).expanduser()
    yield settings / "cache"
