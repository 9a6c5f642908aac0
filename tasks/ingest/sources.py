"""ingest.path → the files to read, what each is for, and what lies beside them unread."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks.errors import SettingsError
from tasks.ingest.formats import ENDINGS, describe_file
from tasks.ingest.problem import bad_data, listed
from tasks.ingest.reading import Side, Source
from tasks.ingest.regular_file import refuse_special, unreadable
from tasks.ingest.saved_dataset import find_saved, is_saved_dataset
from tasks.table import ANY, EXTRA, TEST, VAL

_STEMS = {"train": ("train",), VAL: ("val", "valid", "validation", "dev"), TEST: ("test",)}
"""What a folder's files may be called, without their endings, by what they are for."""


@dataclass(frozen=True)
class Sources:
    """What ingest.path leads to."""

    files: list[Source]
    ignored_files: list[str]
    """Names of what lies in the folder and is not read."""
    notes: list[str] = field(default_factory=list)
    """What a person may not expect."""


def find_sources(
    path: Path, name: str, *, declared: str, label_column: str, extra_tests: Mapping[str, str] | None = None
) -> Sources:
    """The files that `path` (called `name` in messages) leads to, the training file first, further test sets last.

    extra_tests: by name, where each further test set lies, from where `name` lies, too. Raises SettingsError for one
    that is not below `name`: nothing else would notice that it changes.
    """
    extra = {key: _below(path, name, key, each) for key, each in (extra_tests or {}).items()}
    found = _find(path, name, declared, label_column)
    apart = [each for each in found.files if not any(each.path.is_relative_to(place) for place in extra.values())]
    for key, place in extra.items():
        _refuse_read_twice(found, key, place, name)
        further = _find(place, (extra_tests or {})[key], declared, label_column).files
        apart += [replace(each, side=EXTRA + key) for each in further]
    ignored = [
        each for each in found.ignored_files if not any(place.is_relative_to(path / each) for place in extra.values())
    ]
    return Sources(apart, ignored, _mixed_splits(apart, path))


def _find(path: Path, name: str, declared: str, label_column: str) -> Sources:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            in_folder = _in_saved_dataset if is_saved_dataset(path) else _in_folder
            return in_folder(path, name, declared, label_column)
    except OSError as error:
        raise unreadable(error, name) from None
    refuse_special(mode, name)
    return Sources([describe_file(path, name, ANY, declared)], [])


def _below(path: Path, name: str, key: str, extra: str) -> Path:
    """Where the further test set lies, if that is below the folder `name`."""
    way = os.path.relpath(os.path.normpath(extra), os.path.normpath(name))
    if way.startswith("..") or way == "." or not path.is_dir():
        raise SettingsError(
            f"ingest.extra_tests.{key}: {extra} does not lie below ingest.path ({name}), the one folder whose changes "
            f"are seen. Move it into the folder of the training file, or let `finetrace data add … --extra-test "
            f"{key}=FILE` make that folder."
        )
    return path / way


def _refuse_read_twice(found: Sources, key: str, place: Path, name: str) -> None:
    for each in found.files:
        if each.path == place:
            what = "training" if each.side == ANY else each.side
            raise SettingsError(
                f"ingest.extra_tests.{key}: {each.name} is read as the {what} file already, by its name. Name another "
                f"file below {name}, or rename it."
            )


def _in_saved_dataset(folder: Path, name: str, _declared: str, label_column: str) -> Sources:
    files = [replace(each, side=_side_of_split(each, folder)) for each in find_saved(folder, name, label_column)]
    if all(file.side != ANY for file in files):
        raise bad_data(name, "has no training split, only others; a training split is needed")
    return Sources(files, [])


def _side_of_split(file: Source, folder: Path) -> Side:
    split = file.path.parent.name if file.path.parent != folder else "train"
    return next((side for side in (VAL, TEST) if split in _STEMS[side]), ANY)


def _mixed_splits(files: list[Source], folder: Path) -> list[str]:
    """What is told of a saved dataset's splits whose rows may go to any side."""
    mixed = {file.path.parent for file in files if file.format == "arrow" and file.side == ANY}
    names = sorted(each.name for each in mixed - {folder, folder / "train"})
    return [f"split {name} is not kept apart: its rows may go to any side" for name in names]


def _in_folder(folder: Path, name: str, declared: str, _label_column: str) -> Sources:
    names = sorted(each.name for each in folder.iterdir())
    picked = {what: _pick(names, what, name, declared) for what in _STEMS}
    if picked["train"] is None:
        what = f"has no file train{'|train'.join(ENDINGS)}, only {listed(names) or 'nothing'}"
        raise bad_data(name, f"{what}; name the training file so, or set ingest.path to a file")
    files = [
        describe_file(folder / each, f"{name}/{each}", ANY if what == "train" else what, declared)
        for what, each in picked.items()
        if each is not None
    ]
    return Sources(files, [each for each in names if each not in picked.values()])


def _pick(names: list[str], what: str, folder: str, declared: str) -> str | None:
    """The one file that is for `what` by its name, with an ending that is read (any, if the format is declared)."""
    endings = tuple(ending + packed for ending in ENDINGS for packed in ("", ".gz"))
    found = [
        each
        for each in names
        for stem, point, ending in [each.partition(".")]
        if stem in _STEMS[what] and (declared != "auto" or (point + ending).lower() in endings)
    ]
    if len(found) > 1:
        raise bad_data(folder, f"has more than one {what} file ({listed(found)}); keep one, move the others elsewhere")
    return found[0] if found else None
