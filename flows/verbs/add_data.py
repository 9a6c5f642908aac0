"""A data set from anywhere → data/raw, tracked by DVC, and params.yaml pointing at it."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.markup import escape
from ruamel.yaml import YAML

from flows.processes import child
from flows.processes.lock import workspace_lock
from flows.processes.stages import explain
from flows.verbs.data_guesses import ask, guess_problem, guess_settings
from flows.verbs.data_set import (
    EXTRA_FOLDER,
    DataSet,
    append,
    endings,
    lay_out,
    read_rows,
    read_whole,
    restored_on_failure,
    target_of,
)
from flows.verbs.terminal import make_console
from tasks.config import Config, parse_config
from tasks.errors import DataError, SettingsError
from tasks.files import replacing
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.settings import changed

_SECONDS = 3600


@dataclass(frozen=True)
class Addition:
    """What a person asks to have added."""

    source: str
    """A file, a folder or an https address."""
    held_out: Mapping[str, Path] = field(default_factory=dict)
    """Official files, by "val" and "test"."""
    extra_tests: Mapping[str, Path] = field(default_factory=dict)
    sha256: str | None = None
    written: Mapping[str, Any] = field(default_factory=dict)
    """Keys of `ingest` that say how the file is written, with their values."""
    name: str | None = None
    mode: Literal["new", "replace", "append"] = "new"
    takes_guesses: bool = False
    """Whether guesses are taken without a question."""


def add_data(paths: Paths, addition: Addition) -> None:
    """Read the data as `ingest` will, show them, copy them in, track them, change params.yaml; nothing is kept if one
    fails."""
    set_switches()
    _check_options(addition)
    with workspace_lock(paths), tempfile.TemporaryDirectory(prefix="finetrace-data-") as scratch:
        is_fetched, local = _fetch(addition.source, addition.sha256, Path(scratch))
        data = DataSet(local, addition.held_out, addition.extra_tests)
        target = _target(paths, data, addition)
        text = _with_settings(paths, data, addition, target, is_fetched)
        text, rows = _look(paths, data, addition, text, Path(scratch))
        _put(paths, data, addition, target, _parsed(paths, text))
        with replacing(paths.params) as temporary:
            temporary.write_text(text, encoding="utf-8")
    console = make_console(stderr=False)
    place = escape(target.relative_to(paths.root).as_posix())
    verb = {"new": "tracked by DVC", "replace": "a new version for DVC", "append": "appended, a new version for DVC"}
    console.print(f"{place}: {' + '.join(f'{count:,}' for count in rows)} rows, {verb[addition.mode]}.")
    if addition.mode == "new":
        console.print("params.yaml points at it. Give the registered model its own name there: register.name")
    console.print(f"Next     git add params.yaml data/raw/.gitignore {place}.dvc && finetrace run")


def extra_tests_of(given: Sequence[str]) -> dict[str, Path]:
    """Further test sets by name, each given as NAME=FILE."""
    pairs = [each.partition("=") for each in given]
    for name, sign, file in pairs:
        if not (name and sign and file):
            raise SettingsError(f"--extra-test {name}{sign}{file}: write NAME=FILE, as in shifted=data/shifted.csv.")
    return {name: Path(file) for name, _, file in pairs}


def mode_of(*, replace: bool, append: bool) -> Literal["new", "replace", "append"]:
    """What becomes of the data set that is there."""
    if replace and append:
        raise SettingsError("--replace and --append exclude each other. Pass one of them.")
    return "replace" if replace else "append" if append else "new"


def edited_params(text: str, changes: Mapping[str, Any], section: str = "ingest") -> str:
    """The text of params.yaml with these keys of a section set, or removed if None; comments stay."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
    values: Any = yaml.load(text)
    if values.get(section) is None:
        values[section] = {}
    for key, value in changes.items():
        if value is None:
            values[section].pop(key, None)
        else:
            values[section][key] = value
    written = io.StringIO()
    yaml.dump(values, written)
    return written.getvalue()


def _check_options(addition: Addition) -> None:
    files = {**addition.held_out, **{f"extra-test {name}=": file for name, file in addition.extra_tests.items()}}
    for option, file in files.items():
        if not file.is_file():
            raise DataError(f"--{option}{'' if option.endswith('=') else ' '}{file} is not a file.")
    if files and addition.sha256 is not None:
        raise SettingsError("--sha256 is the digest of one file. Leave it out, or leave the held-out files out.")
    if addition.held_out and Path(addition.source).is_dir():
        options = " and ".join(f"--{side}" for side in addition.held_out)
        raise SettingsError(f"{options} goes with a single training file; a folder has its own train, val and test.")
    if addition.mode == "append" and (addition.written or addition.sha256 or addition.name):
        raise SettingsError(
            "--append takes rows that are written like those that are there. Leave out the options about columns, "
            "format, digest and name."
        )


def _fetch(source: str, sha256: str | None, scratch: Path) -> tuple[bool, Path]:
    """Whether it had to be fetched, and where the data lie on this disk."""
    if "://" not in source:
        local = Path(source)
        if not local.exists():
            raise DataError(f"{source} does not exist. Give a file, a folder, or an https address with --sha256.")
        return False, local
    from urllib.parse import urlsplit

    from tasks.ingest.fetch import fetch

    local = scratch / (Path(urlsplit(source).path).name or "data.csv")
    fetch(source, local, sha256)
    return True, local


def _target(paths: Paths, data: DataSet, addition: Addition) -> Path:
    """Where the data will lie. Raises SettingsError if something else lies there, or nothing where something should."""
    current = paths.root / _parsed(paths, paths.params.read_text(encoding="utf-8")).ingest.path
    if addition.mode == "append":
        if not current.exists() or not current.resolve().is_relative_to(paths.root.resolve()):
            raise SettingsError(f"--append: ingest.path ({current}) is no data set in this workspace. Add it first.")
        return current
    name = addition.name
    if addition.mode == "replace" and name is None:
        name = current.name.split(".", 1)[0]
    target = target_of(paths, data, name)
    shown = target.relative_to(paths.root)
    if addition.mode == "replace" and not target.exists():
        raise SettingsError(
            f"--replace: {shown} is not there. Name the data set to replace with --name, in its own format, or leave "
            "--replace out."
        )
    if addition.mode == "new" and target.exists() and target.resolve() != data.train.resolve():
        raise SettingsError(
            f"{shown} is there already. Choose another --name, or pass --replace (a new version of it) or --append "
            "(rows more)."
        )
    return target


def _with_settings(paths: Paths, data: DataSet, addition: Addition, target: Path, is_fetched: bool) -> str:
    """The text of params.yaml with what is known of the data set."""
    text = paths.params.read_text(encoding="utf-8")
    shown = target.relative_to(paths.root).as_posix()
    extra = {name: f"{shown}/{EXTRA_FOLDER}/{name}{endings(file)}" for name, file in data.extra_tests.items()}
    if addition.mode == "append":
        before = _parsed(paths, text).ingest.extra_tests
        return edited_params(text, {"url": None, "sha256": None, "extra_tests": {**extra, **before} or None})
    given = {**addition.written, "sha256": addition.sha256, "extra_tests": extra or None}
    url = addition.source if is_fetched else None
    return edited_params(text, {"path": shown, "url": url, **given})


def _look(paths: Paths, data: DataSet, addition: Addition, text: str, scratch: Path) -> tuple[str, list[int]]:
    """The text of params.yaml with what was guessed of the data and accepted, and how many rows each file has."""
    import pyarrow as pa

    from flows.verbs.data_preview import show_columns, show_rows
    from tasks.ingest.preview import sample_columns

    config = _parsed(paths, text)
    columns = sample_columns(data.train, changed(config.ingest, path=str(data.train.absolute()), extra_tests={}))
    guesses: dict[str, Mapping[str, Any]] = {}
    if addition.mode != "append":
        guesses |= guess_settings(columns, config, addition.written)
        text = edited_params(text, guesses.get("ingest", {}))
        guesses |= guess_problem(columns, _parsed(paths, text))
        text = edited_params(text, guesses["problem"], "problem") if "problem" in guesses else text
    config = _parsed(paths, text)
    console = make_console(stderr=False)
    show_columns(console, columns, config, {*guesses.get("ingest", {})})
    tables, notes = read_rows(data, config, scratch)
    beside = [read_whole(paths, config, scratch)] if addition.mode == "append" else []
    show_rows(console, tables[0], pa.concat_tables([*tables, *beside]), config, notes)
    ask(guesses, takes_guesses=addition.takes_guesses)
    return text, [table.num_rows for table in tables]


def _put(paths: Paths, data: DataSet, addition: Addition, target: Path, config: Config) -> None:
    """Bring the files to their place and have DVC track them; the version that was there is tracked first."""
    is_there = target.exists()
    if is_there and addition.mode != "new":
        _track(paths, target)
    with restored_on_failure(target):
        if addition.mode == "append":
            append(data, target, config.ingest)
        elif not is_there or addition.mode == "replace":
            lay_out(data, target)
        _track(paths, target)


def _parsed(paths: Paths, text: str) -> Config:
    return parse_config(YAML(typ="safe").load(text), paths.params.name)


def _track(paths: Paths, target: Path) -> None:
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(target.relative_to(paths.root))]
    done = subprocess.run(
        command, cwd=paths.root, env=child.environment(), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise explain(paths, done.stderr or done.stdout)
