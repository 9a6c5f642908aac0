"""A registered version's files → their digests today"""

from pathlib import Path

from tasks.audit.witnesses import Package, Unreached
from tasks.digest import sha256_of_file
from tasks.errors import IntegrityError
from tasks.model.about import read_about
from tasks.model.manifest import read_manifest
from tasks.register.package import MANIFEST, is_refused, is_written_later, package_files
from tasks.tracking.download import download
from tasks.tracking.reach import writing_trouble
from tasks.tracking.store import Store


def read_package(store: Store, name: str, version: int) -> Package | Unreached:
    """The files of a version, every byte hashed."""
    try:
        folder = download(store, f"models:/{name}/{version}")
    except IntegrityError as error:
        return Unreached(str(error), is_broken=True)
    except writing_trouble() as error:
        return Unreached(f"the registry does not hand them out ({first_line(error)})")
    return hash_package(folder)


def hash_package(folder: Path) -> Package:
    """The same, of the folder that holds them."""
    found = package_files(folder)
    refused = [path.relative_to(folder).as_posix() for path in found if is_refused(path)]
    kept = [path for path in found if not is_written_later(path, folder) and not path.is_symlink()]
    files = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in kept}
    try:
        manifest = read_manifest(folder / MANIFEST)
    except (IntegrityError, OSError):
        manifest = {"files": {}, "digest": ""}
    listed = {str(file): str(digest) for file, digest in manifest["files"].items()}
    compiled = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("__pycache__/*.pyc"))
    return Package(files, listed, str(manifest.get("digest", "")), refused, compiled, _strategy(folder))


def _strategy(folder: Path) -> str:
    try:
        return read_about(folder / "artifacts" / "model").kind
    except (IntegrityError, OSError):
        return ""


def first_line(error: Exception) -> str:
    """What an error says first."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
