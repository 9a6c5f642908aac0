"""the digest of a data set → which versions were made from it"""

import re

from tasks.digest import digests_of_file
from tasks.errors import SettingsError
from tasks.lineage.statement import Statement
from tasks.trace.contents import Contents
from tasks.trace.learned import Touch
from tasks.trace.versions import Version

_DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}(\.dir)?")
_CONTEXTS = {"training": "learned", "validation": "chosen by", "testing": "measured on", "raw": "learned"}


def check_digest(digest: str) -> str:
    """The digest in small letters. Raises SettingsError if it is neither md5 nor sha256."""
    digest = digest.strip().lower()
    if not _DIGEST.fullmatch(digest):
        raise SettingsError(f"--dataset {digest}: write the md5 (32 hex digits) or the sha256 (64) of the data.")
    return digest


def touched_by(contents: Contents, version: Version, digest: str) -> Touch:
    """What a version has to do with the data set: raw data, a file in a folder of raw data, or rows for a side.

    Told from the statement alone, but for a file within a folder, whose list is DVC's.
    """
    if version.statement is None:
        return Touch(version, "unknown", version.why)
    for name, found in _data(version.statement):
        if digest in found.values():
            how = _how(version.statement, name)
            return Touch(version, how, name)  # type: ignore[arg-type]
    inside = [_inside(contents, name, found, digest) for name, found in _raw_folders(version.statement)]
    if True in inside:
        return Touch(version, "learned", "a file of its raw data")
    if None in inside:
        return Touch(version, "unknown", "the list of files in its raw data is not here: dvc fetch")
    return Touch(version, "untouched")


def _data(statement: Statement) -> list[tuple[str, dict[str, str]]]:
    """Everything below data/ that a stage read or wrote, with its digests."""
    materials = [each for each in statement.materials.values() if each.get("annotations", {}).get("context")]
    files = [each for stage in statement.stages for each in (*stage["inputs"], *stage["outputs"])]
    return [(each["name"], each["digest"]) for each in (*materials, *files) if each["name"].startswith("data/")]


def _how(statement: Statement, name: str) -> str:
    """Rows for val or test shape less of a model; all other data went into it."""
    context = statement.materials.get(name, {}).get("annotations", {}).get("context", "")
    return _CONTEXTS.get(context, "learned")


def _raw_folders(statement: Statement) -> list[tuple[str, str]]:
    inputs = [each for stage in statement.stages if stage["name"] == "ingest" for each in stage["inputs"]]
    found = {each["name"]: each["digest"].get("md5", "") for each in inputs if each["name"].startswith("data/")}
    return [(name, md5) for name, md5 in found.items() if md5.endswith(".dir")]


def _inside(contents: Contents, folder: str, md5: str, digest: str) -> bool | None:
    """Whether a folder holds a file with this digest; None if nobody can tell."""
    listed = contents.listing(md5)
    if not listed or digest in listed.values():
        return True if listed else None
    if len(digest) == 32:
        return False
    files = [contents.find(f"{folder}/{name}", each) for name, each in listed.items()]
    if any(file and digests_of_file(file)[1] == digest for file in files):
        return True
    return None if None in files else False
