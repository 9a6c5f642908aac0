"""What dvc.lock says the stages made ↔ the bytes in the workspace and in DVC's cache

DVC takes a file that it once checked out for what its cache object is called, and a read-only object for what its name
says, without hashing either: a flipped bit would be learned from, and linked back whenever the stage that made it runs.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.digest import md5_of_file
from tasks.dvc_store import FOLDER, cache_folder, md5_of, members, object_file, outputs, parts, stages
from tasks.errors import IntegrityError, SetupError
from tasks.files import read_json, write_json

Digest = Callable[[Path], str]
"""A file → its md5."""
_SETTLED_NS = 2_000_000_000
"""A file that changed so shortly before it was hashed may change again and show the same time: it is not remembered."""


@dataclass(frozen=True)
class Damage:
    """A file with other bytes than dvc.lock, or its name in DVC's cache, says."""

    stage: str
    """The stage that made it; "" for the data as given."""
    path: str
    """The output that it belongs to."""
    file: Path
    in_cache: bool

    def __str__(self) -> str:
        if self.in_cache:
            return f"{self.path}: DVC's cache object {self.file} is damaged (its bytes are not those of its name)"
        return f"{self.path} has other bytes than dvc.lock records, and DVC takes it for unchanged"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        if self.stage:
            return f"Make it again: finetrace run --until {self.stage} --force"
        files = f"{self.file} {self.path}" if self.in_cache else self.path
        return (
            f"Bring the data back: rm -r {files}; then put your own copy there and run: dvc add {self.path}; or, if "
            f"DVC's remote has them: dvc fetch {self.path} && dvc checkout {self.path}"
        )


class KnownDigests:
    """md5s of files, remembered by size, inode and the times of the last change of content and of state.

    Whoever writes to a file changes the last of these, which no program can set back. What a failing disk changes by
    itself shows when the file is hashed again: by the gate and by `finetrace audit`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read_known(file)
        self._is_new = False

    def __call__(self, path: Path) -> str:
        """The file's md5."""
        before = _state(path)
        known = self._known.get(str(path))
        if known is not None and known[1:] == before:
            return str(known[0])
        md5 = md5_of_file(path)
        if before == _state(path) and max(before[2:]) < time.time_ns() - _SETTLED_NS:
            self._known[str(path)], self._is_new = [md5, *before], True
        return md5

    def save(self) -> None:
        """Write down what is new, for the next process."""
        if self._is_new:
            write_json(self._file, {name: known for name, known in self._known.items() if Path(name).exists()})


def find_damage(root: Path, of: Collection[str] | None = None, digest: Digest = md5_of_file) -> list[Damage]:
    """The damage among the outputs of these stages, and the data that the first of them read.

    of: stages that DVC takes for unchanged; None for all that dvc.lock records. digest: gives a file's md5.
    """
    lock = read_lock(root)
    of = stages(lock) if of is None else of
    found = list(_sources(root, lock, digest)) if "ingest" in of else []
    for stage, path, md5 in parts(lock, "outs"):
        if stage in of:
            found += find_damaged_objects(root, stage, path, md5, digest)
            if is_changed(root / path, md5, digest):
                found.append(Damage(stage, path, root / path, in_cache=False))
    return found


def find_damaged_objects(root: Path, stage: str, path: str, md5: str, digest: Digest = md5_of_file) -> Iterator[Damage]:
    """The damaged cache objects of an output: its own, and those of a folder's files."""
    cache = cache_folder(root)
    own = object_file(cache, md5)
    if len(md5) < 4 or not own.is_file():
        return
    if digest(own) != md5.removesuffix(FOLDER):
        yield Damage(stage, path, own, in_cache=True)
    elif md5.endswith(FOLDER):
        for name, each in members(own).items():
            yield from find_damaged_objects(root, stage, f"{path}/{name}", each, digest)


def is_changed(file: Path, md5: str, digest: Digest = md5_of_file) -> bool:
    """Whether a file or folder is there and has other bytes than this md5 says."""
    found = md5_of(file, digest)
    return bool(found) and found != md5


def find_damaged_data(root: Path, raw: str, digest: Digest = md5_of_file) -> list[Damage]:
    """The damaged cache objects that data as given were taken from; [] if the data are as `dvc add` recorded them."""
    for path in (raw, *(each.as_posix() for each in Path(raw).parents)):
        file = root / f"{path}.dvc"
        for each in _read(file).get("outs") or [] if file.is_file() else []:
            md5 = str(each.get("md5", ""))
            if is_changed(root / path, md5, digest):
                return list(find_damaged_objects(root, "", path, md5, digest))
    return []


def drop_damaged_objects(root: Path, of: Collection[str], digest: Digest = md5_of_file) -> None:
    """Remove the damaged cache objects of the outputs of these stages, so that DVC keeps what is made next.

    Raises SetupError if an object cannot be removed.
    """
    for stage, path, md5 in parts(read_lock(root), "outs"):
        for damage in list(find_damaged_objects(root, stage, path, md5, digest)) if stage in of else []:
            try:
                damage.file.unlink(missing_ok=True)
            except OSError as error:
                raise SetupError(
                    f"{damage}; it cannot be removed ({error.strerror}). Remove it, then run again."
                ) from None


def refuse_damage(found: list[Damage]) -> None:
    """Raise IntegrityError if there is any."""
    if found:
        more = f" ({len(found) - 1} more: finetrace audit)" if len(found) > 1 else ""
        raise IntegrityError(f"{found[0]}{more}. Nothing is learned from it. {found[0].remedy}")


def read_lock(root: Path) -> dict[str, Any]:
    """What dvc.lock records; {} if there is none, or it is broken, which DVC says in its own words."""
    return _read(root / "dvc.lock")


def _sources(root: Path, lock: dict[str, Any], digest: Digest) -> Iterator[Damage]:
    """The data as given, if they are not what ingest is said to have read."""
    params = stages(lock).get("ingest", {}).get("params") or {}
    raw = ((params.get("params.yaml") or {}).get("ingest") or {}).get("path")
    for stage, path, md5 in parts(lock, "deps"):
        if (stage, path) == ("ingest", raw) and path not in outputs(lock) and is_changed(root / path, md5, digest):
            objects = list(find_damaged_objects(root, "", path, md5, digest))
            yield from objects or [Damage("", path, root / path, in_cache=False)]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (yaml.YAMLError, ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_known(file: Path) -> dict[str, list[Any]]:
    """What was remembered; nothing if that cannot be read: then it is hashed again."""
    try:
        found = read_json(file) if file.exists() else {}
    except IntegrityError:
        return {}
    return {name: each for name, each in found.items() if isinstance(each, list)} if isinstance(found, dict) else {}


def _state(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]
