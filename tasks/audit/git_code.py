"""A commit and the changes recorded on top of it → the files as git has them; nothing is written into the repository"""

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tasks.audit.witnesses import Code, Unreached
from tasks.dvc_store import md5_of_folder
from tasks.masking import MASK, mask_text

NOT_KEPT = "# new, content not kept: "
"""How a recorded change begins that names a new file without its content."""


def git(root: Path, *arguments: str, given: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes | None:
    """What git prints; None if it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=root,
            input=given,
            capture_output=True,
            check=False,
            env=os.environ | dict(extra or {}),
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def read_code(root: Path, commit: str, diff: str, wanted: Iterable[str], kept: Iterable[str]) -> Code | Unreached:
    """The files and folders `wanted` by md5, and the texts of those `kept`, at the commit with the diff on top."""
    if not commit:
        return Unreached("the code was in no git repository")
    prefix = git(root, "rev-parse", "--show-prefix")
    if prefix is None:
        return Unreached("this workspace is in no git repository")
    if git(root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        return Unreached(f"commit {commit[:10]} is not in this repository (git fetch)")
    with tempfile.TemporaryDirectory(prefix="finetrace-git-") as name:
        beside = _beside(root, Path(name))
        patch, left_out = split_diff(diff)
        if git(root, "read-tree", commit, extra=beside) is None:
            return Unreached(f"commit {commit[:10]} is not whole in this repository (git fetch --unshallow)")
        if patch.strip() and git(root, *_APPLY, given=patch.encode(), extra=beside) is None:
            return Unreached("the recorded changes do not fit on the commit: something in them was masked")
        blobs = _blobs(root, prefix.decode().strip(), beside)
        return _code(root, blobs, [*wanted], [*kept], beside, left_out, is_masked=MASK in diff)


_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins whose content Git LFS keeps elsewhere."""
_APPLY = ("apply", "--cached", "--whitespace=nowarn", "-")


def split_diff(diff: str) -> tuple[str, list[str]]:
    """What git can apply, and the names of files whose content was not kept: new and large, or binary."""
    kept: list[str] = []
    left_out: list[str] = []
    for section in re.split(r"(?m)^(?=diff --git |# new, content not kept: )", diff):
        if section.startswith(NOT_KEPT):
            left_out.append(section.removeprefix(NOT_KEPT).rstrip("\n"))
        elif re.search(r"(?m)^Binary files ", section):
            left_out.append(section.splitlines()[0].rpartition(" b/")[2])
        else:
            kept.append(section)
    return "".join(kept), left_out


def _beside(root: Path, folder: Path) -> dict[str, str]:
    """An index and a place for objects of our own; the repository's objects are only read."""
    objects = (git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects") or b"").decode().strip()
    (folder / "objects").mkdir()
    return {
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
    }


def _blobs(root: Path, prefix: str, beside: Mapping[str, str]) -> dict[str, str]:
    """Path below the workspace → blob, of everything in our index."""
    listed = git(root, "ls-files", "--full-name", "-s", "-z", extra=beside) or b""
    found: dict[str, str] = {}
    for line in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        if path.startswith(prefix):
            found[path.removeprefix(prefix)] = head.split()[1]
    return found


def _code(
    root: Path,
    blobs: Mapping[str, str],
    wanted: list[str],
    kept: list[str],
    beside: Mapping[str, str],
    left_out: list[str],
    *,
    is_masked: bool,
) -> Code:
    below = {name: [path for path in blobs if path == name or path.startswith(f"{name}/")] for name in wanted}
    needed = {path for paths in below.values() for path in paths} | {name for name in kept if name in blobs}
    contents = _read_blobs(root, [blobs[path] for path in sorted(needed)], beside)
    md5s = {path: hashlib.md5(contents[blobs[path]], usedforsecurity=False).hexdigest() for path in needed}
    pointers = {path for path in needed if contents[blobs[path]].startswith(_POINTER)}
    found = {name: _name(name, paths, md5s) for name, paths in below.items() if paths and not pointers & {*paths}}
    texts = {name: mask_text(contents[blobs[name]].decode("utf-8", "replace")) for name in kept if name in blobs}
    return Code(found, texts, left_out, is_masked)


def _name(name: str, paths: list[str], md5s: Mapping[str, str]) -> str:
    """What DVC calls the file, or the folder of these files."""
    if paths == [name]:
        return md5s[name]
    return md5_of_folder({path.removeprefix(f"{name}/"): md5s[path] for path in paths})


def _read_blobs(root: Path, blobs: list[str], beside: Mapping[str, str]) -> dict[str, bytes]:
    """Blob → content, asked for at once."""
    out = git(root, "cat-file", "--batch", given="".join(f"{each}\n" for each in blobs).encode(), extra=beside) or b""
    found: dict[str, bytes] = {}
    start = 0
    while start < len(out):
        end = out.index(b"\n", start)
        name, _, size = out[start:end].decode().split()
        found[name] = out[end + 1 : end + 1 + int(size)]
        start = end + 2 + int(size)
    return found
