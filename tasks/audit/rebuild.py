"""a version's statement → a folder as it was when the version was made: its commit, its changes, its data, its lock"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.audit.fetching import fetch_objects
from tasks.audit.git_code import git, split_diff
from tasks.audit.recorded import maker, read_yaml, sources
from tasks.digest import sha256_of_text
from tasks.dvc_store import cache_folder, md5_of, members, object_file, remote_address
from tasks.errors import DataError, IntegrityError, SetupError
from tasks.lineage.kept import KeptStatement
from tasks.masking import MASK
from tasks.model.weights import digest_of_weights

_WRITTEN = ("params.yaml", "dvc.yaml", "dvc.lock", "constraints.txt")


def rebuild(kept: KeptStatement, root: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Make the workspace below the empty `folder`; where it lies, and its dvc.lock. root: any clone of the repository.

    Raises SetupError if the commit or its changes are not to be had, DataError if data are nowhere, IntegrityError if
    what was kept is not what the statement names.
    """
    texts = _kept_texts(kept)
    _refuse_masked(texts)
    workspace = _check_out(kept.statement.commit, texts.get("dirty.diff", ""), root, folder)
    for name in _WRITTEN:
        if name in texts:
            (workspace / name).write_text(texts[name], encoding="utf-8", newline="")
    lock = read_yaml(texts.get("dvc.lock", ""))
    if not lock:
        raise SetupError("The version keeps no dvc.lock: it was made without DVC, and cannot be made again by it.")
    _close_cache(workspace)
    _bring_base(kept.statement.settings.get("base", {}), root, workspace)
    for path, md5 in sources(lock).items():
        _bring(path, md5, maker(lock, path), root, workspace)
    return workspace, lock


def _kept_texts(kept: KeptStatement) -> dict[str, str]:
    texts = {}
    for name, sha256 in kept.statement.kept_files.items():
        file = kept.folder / name
        text = file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""
        if sha256_of_text(text) != sha256:
            raise IntegrityError(f"{name}, kept with the version, is not the one that its statement names. See: audit")
        texts[name] = text
    return texts


def _refuse_masked(texts: Mapping[str, str]) -> None:
    def has_mask(value: Any) -> bool:
        if isinstance(value, dict):
            return any(has_mask(each) for each in value.values())
        if isinstance(value, list):
            return any(has_mask(each) for each in value)
        return isinstance(value, str) and MASK in value

    if has_mask(read_yaml(texts.get("params.yaml", ""))):
        raise SetupError(
            "A secret in params.yaml was masked when the version was made: it cannot be made again from it."
        )


def _check_out(commit: str, diff: str, root: Path, folder: Path) -> Path:
    """The commit with its changes, in a clone that borrows this repository's objects and writes nothing into it."""
    top = git(root, "rev-parse", "--show-toplevel")
    prefix = git(root, "rev-parse", "--show-prefix")
    if not commit or top is None or prefix is None:
        raise SetupError(
            "The version's code was in no git repository, or this folder is in none: nothing to check out."
        )
    if git(root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        raise SetupError(f"Commit {commit} is not in this repository. Fetch it (git fetch), then run again.")
    clone = ["clone", "--quiet", "--shared", "--no-checkout", top.decode().strip(), str(folder)]
    if git(root, *clone) is None or git(folder, "checkout", "--quiet", "--detach", commit) is None:
        raise SetupError(f"Commit {commit} cannot be checked out. Is the repository whole? (git fsck)")
    patch, _ = split_diff(diff)  # if a stage needs a file that was not kept, its digest is looked for later
    if patch.strip() and git(folder, "apply", "--whitespace=nowarn", "-", given=patch.encode()) is None:
        raise SetupError(
            f"The changes on top of commit {commit[:10]} cannot be applied: a secret was masked in them. Commit before "
            "you retrain: what is committed can be made again."
        )
    return folder / prefix.decode().strip()


def _close_cache(workspace: Path) -> None:
    """A cache of its own, empty: nothing that was made before can be taken instead of being made."""
    (workspace / ".dvc").mkdir(exist_ok=True)
    local = workspace / ".dvc" / "config.local"
    local.write_text("[cache]\n    dir = cache\n    type = copy\n[core]\n    analytics = false\n", encoding="utf-8")


def _bring_base(base: Mapping[str, Any], root: Path, workspace: Path) -> None:
    """The base's folder, if the settings name one that git does not have."""
    name = base.get("folder")
    if not name or (workspace / name).exists():
        return
    try:
        is_there = digest_of_weights(root / name) == base.get("sha256")
    except IntegrityError:
        is_there = False
    if not is_there:
        raise DataError(
            f"The base is not in {root / name} (sha256 {base.get('sha256')}). Put it there, then run again."
        )
    (workspace / name).parent.mkdir(parents=True, exist_ok=True)
    (workspace / name).symlink_to((root / name).resolve())


def _bring(path: str, md5: str, stage: str, root: Path, workspace: Path) -> None:
    """What no stage makes: as git has it, else by its hash from the workspace, the cache or the remote."""
    target = workspace / path
    if md5_of(target) == md5:
        return
    if md5_of(root / path) == md5:
        _replace(target, root / path)
    elif not any(_take(place, md5, target) and md5_of(target) == md5 for place in _places(root)):
        _fetch(root, md5, target)
    if md5_of(target) != md5:
        raise DataError(
            f"{path} (read by {stage}) with md5 {md5} is not to be had: git has another at that commit, and it is not "
            "in this workspace, in DVC's cache or in its remote."
        )


def _places(root: Path) -> list[Path]:
    remote = remote_address(root)
    return [cache_folder(root), *([Path(remote)] if remote and "://" not in remote else [])]


def _take(place: Path, md5: str, target: Path) -> bool:
    """Copy an object, or a folder of them; whether it is there."""
    source = object_file(place, md5)
    if not source.is_file():
        return False
    if not md5.endswith(".dir"):
        _replace(target, source)
        return True
    listed = members(source)
    if not all(object_file(place, each).is_file() for each in listed.values()):
        return False
    for name, each in listed.items():
        inside = target / name
        if not inside.resolve().is_relative_to(target.resolve()):
            return False
        _replace(inside, object_file(place, each))
    return True


def _fetch(root: Path, md5: str, target: Path) -> None:
    """The same from a remote that is no folder here, by DVC."""
    if "://" not in remote_address(root):
        return
    folder = target.parent / f".fetch-{md5[:8]}"
    folder.mkdir(parents=True)
    fetch_objects(root, [md5], folder)
    _take(folder / "cache", md5, target)
    shutil.rmtree(folder)


def _replace(target: Path, source: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
