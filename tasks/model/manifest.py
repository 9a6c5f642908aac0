"""A model folder's manifest: the digest of every file, and one digest of them all. Loads no torch."""

from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_file, sha256_of_value
from tasks.errors import IntegrityError
from tasks.files import read_json

MANIFEST = "manifest.json"
ALLOWED = frozenset({".json", ".safetensors", ".txt", ".md"})
"""File endings that a model folder may hold; anything else is refused before it is opened."""


def make_manifest(folder: Path) -> dict[str, Any]:
    """The sha256 of each file below `folder` but its own manifest, and the digest of that list."""
    found = [path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST]
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    files = {name: sha256_of_file(folder / name) for name in names}
    return {"files": files, "digest": sha256_of_value(files)}


def verify_model(folder: Path) -> str:
    """The digest of the model at `folder`, every byte checked.

    Raises IntegrityError if a file is missing, added, changed, a link, or of a kind that can run code.
    """
    if not (folder / MANIFEST).is_file():
        raise IntegrityError(f"{folder} has no manifest.json: the model is incomplete. Train it again.")
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or (path.is_file() and path.suffix not in ALLOWED):
            raise IntegrityError(f"{path}: a model holds only {', '.join(sorted(ALLOWED))} files. Remove it.")
    recorded = read_manifest(folder / MANIFEST)
    actual = make_manifest(folder)
    if actual != recorded:
        names = recorded["files"].keys() | actual["files"].keys()
        wrong = sorted(name for name in names if recorded["files"].get(name) != actual["files"].get(name))
        raise IntegrityError(
            f"{folder}: {', '.join(wrong) or MANIFEST} differ from the manifest. Restore the model or retrain."
        )
    return str(actual["digest"])


def read_manifest(file: Path) -> dict[str, Any]:
    """What a manifest records: {files: {name: sha256}, digest}. Raises IntegrityError if it is of another shape."""
    recorded = read_json(file)
    if not isinstance(recorded, dict) or not isinstance(recorded.get("files"), dict):
        raise IntegrityError(f"{file} is broken (it holds no list of files). Restore it, or make the model again.")
    return recorded
