"""A data set from anywhere → data/raw, tracked by DVC, and params.yaml pointing at it."""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.markup import escape
from ruamel.yaml import YAML

from flows.processes import child
from flows.processes.lock import workspace_lock
from flows.processes.stages import explain
from flows.verbs.terminal import make_console
from tasks.config import parse_config
from tasks.errors import DataError, SettingsError
from tasks.files import replacing
from tasks.offline import set_switches
from tasks.paths import Paths

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_SECONDS = 3600


def add_data(
    paths: Paths, source: str, *, test: Path | None, sha256: str | None, written: Mapping[str, Any], name: str | None
) -> None:
    """Read the data as `ingest` will, copy them in, track them, change params.yaml; nothing is kept if one fails.

    written: keys of `ingest` that say how the file is written, with their values.
    """
    set_switches()
    _check_options(source, test, sha256)
    with workspace_lock(paths), tempfile.TemporaryDirectory(prefix="finetrace-data-") as scratch:
        given = {**written, "sha256": sha256}
        fetched, local = _fetch(source, sha256, Path(scratch))
        if fetched:
            given["url"] = source
        target = _target(paths, local, test, name)
        shown = target.relative_to(paths.root).as_posix()
        text = edited_params(paths.params.read_text(encoding="utf-8"), {"path": shown, "url": None, **given})
        config = parse_config(YAML(typ="safe").load(text), paths.params.name)
        rows = [_rows(each, config.ingest, Path(scratch)) for each in (local, test) if each is not None]
        with _removed_on_failure(target):
            _copy(local, test, target)
            _track(paths, target)
        with replacing(paths.params) as temporary:
            temporary.write_text(text, encoding="utf-8")
    console = make_console(stderr=False)
    console.print(f"{escape(shown)}: {' + '.join(f'{count:,}' for count in rows)} rows, tracked by DVC.")
    console.print("params.yaml points at it. Give the registered model its own name there: register.name")
    console.print(f"Next     git add params.yaml data/raw/.gitignore {escape(shown)}.dvc && finetrace run")


def edited_params(text: str, changes: Mapping[str, Any]) -> str:
    """The text of params.yaml with these keys of `ingest` set, or removed if None; comments stay."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
    values: Any = yaml.load(text)
    section = values.setdefault("ingest", {})
    for key, value in changes.items():
        if value is None:
            section.pop(key, None)
        else:
            section[key] = value
    written = io.StringIO()
    yaml.dump(values, written)
    return written.getvalue()


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


def _target(paths: Paths, local: Path, test: Path | None, name: str | None) -> Path:
    """Where the data will lie: a file, or a folder if there is a test file or the source is one."""
    stem = name or local.name.split(".", 1)[0]
    if not _NAME.fullmatch(stem):
        raise SettingsError(f"--name {stem!r}: use letters, digits, - and _.")
    is_folder = local.is_dir() or test is not None
    target = paths.data / "raw" / (stem if is_folder else stem + _endings(local))
    if target.exists() and target.resolve() != local.resolve():
        raise SettingsError(f"{target.relative_to(paths.root)} is there already. Choose another --name, or remove it.")
    return target


def _check_options(source: str, test: Path | None, sha256: str | None) -> None:
    if test is not None and not test.is_file():
        raise DataError(f"--test {test} is not a file.")
    if test is not None and (sha256 is not None or Path(source).is_dir()):
        raise SettingsError("--test goes with a single training file and without --sha256, which is of one file.")


def _rows(source: Path, ingest: Any, scratch: Path) -> int:
    """How many rows `ingest` reads there. Raises DataError at the first that it cannot."""
    from dataclasses import replace

    from tasks.ingest.stage import run

    found = run(Paths(scratch), ingest=replace(ingest, path=str(source.absolute()), url=None, sha256=ingest.sha256))
    return int(found["rows"])


@contextmanager
def _removed_on_failure(target: Path) -> Iterator[None]:
    was_there = target.exists()
    try:
        yield
    except BaseException:
        if not was_there:
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        raise


def _copy(local: Path, test: Path | None, target: Path) -> None:
    if target.exists():
        return  # it lies there already
    with replacing(target) as temporary:
        if local.is_dir():
            shutil.copytree(local, temporary)
        elif test is None:
            shutil.copyfile(local, temporary)
        else:
            temporary.mkdir()
            shutil.copyfile(local, temporary / f"train{_endings(local)}")
            shutil.copyfile(test, temporary / f"test{_endings(test)}")


def _track(paths: Paths, target: Path) -> None:
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(target.relative_to(paths.root))]
    done = subprocess.run(
        command, cwd=paths.root, env=child.environment(), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise explain(paths, done.stderr or done.stdout)


def _endings(file: Path) -> str:
    """.csv, .csv.gz …"""
    packed = file.suffix if file.suffix == ".gz" else ""
    return (file.with_suffix("").suffix if packed else file.suffix) + packed
