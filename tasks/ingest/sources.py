"""ingest.path → the files to read, which are the official test, and what lies beside them unread."""

import stat
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import DataError
from tasks.ingest.formats import ENDINGS, describe_file
from tasks.ingest.problem import bad_data, listed
from tasks.ingest.reading import Side, Source
from tasks.ingest.regular_file import refuse_special, unreadable
from tasks.ingest.saved_dataset import find_saved, is_saved_dataset


@dataclass(frozen=True)
class Sources:
    """What ingest.path leads to."""

    files: list[Source]
    ignored_files: list[str]
    """Names of what lies in the folder and is not read."""
    notes: list[str]
    """What a person may not expect."""


def find_sources(path: Path, name: str, *, declared: str, label_column: str) -> Sources:
    """The files that `path` (called `name` in messages) leads to, the training file first."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            in_folder = _in_saved_dataset if is_saved_dataset(path) else _in_folder
            return in_folder(path, name, declared, label_column)
    except OSError as error:
        raise unreadable(error, name) from None
    refuse_special(mode, name)
    return Sources([describe_file(path, name, "any", declared)], [], [])


def _in_saved_dataset(folder: Path, name: str, _declared: str, label_column: str) -> Sources:
    files = find_saved(folder, name, label_column)
    if all(file.side == "test" for file in files):
        raise bad_data(name, "has only a test split; a training split is needed")
    splits = sorted({file.path.parent.name for file in files if file.path.parent != folder} - {"train", "test"})
    return Sources(files, [], [f"split {split} is not kept apart: its rows may go to any side" for split in splits])


def _in_folder(folder: Path, name: str, declared: str, _label_column: str) -> Sources:
    names = sorted(each.name for each in folder.iterdir())
    train = _pick(names, "train", name, declared)
    if train is None:
        what = f"has no file train{'|train'.join(ENDINGS)}, only {listed(names) or 'nothing'}"
        raise bad_data(name, f"{what}; name the training file so, or set ingest.path to a file")
    picked: list[tuple[str, Side]] = [(train, "any")]
    test = _pick(names, "test", name, declared)
    if test is not None:
        picked.append((test, "test"))
    files = [describe_file(folder / each, f"{name}/{each}", side, declared) for each, side in picked]
    return Sources(files, [each for each in names if each not in (train, test)], [])


def _pick(names: list[str], stem: str, folder: str, declared: str) -> str | None:
    """The one file called `stem` with an ending that is read (any ending, if the format is declared)."""
    endings = tuple(ending + packed for ending in ENDINGS for packed in ("", ".gz"))
    found = [
        each
        for each in names
        if each.split(".", 1)[0] == stem and (declared != "auto" or each.removeprefix(stem).lower() in endings)
    ]
    if len(found) > 1:
        raise _ambiguous(found, stem, folder)
    return found[0] if found else None


def _ambiguous(found: list[str], stem: str, folder: str) -> DataError:
    return bad_data(folder, f"has more than one {stem} file ({listed(found)}); keep one, move the others elsewhere")
