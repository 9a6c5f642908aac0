"""Content → sha256 or md5: the names by which everything is known."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any


def sha256_of_file(path: Path) -> str:
    """The file's sha256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def md5_of_file(path: Path) -> str:
    """The file's md5, in hex, as DVC records it. An identity against accident, not against an attacker."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def digests_of_file(path: Path) -> tuple[str, str]:
    """The file's md5 and sha256, read once."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            md5.update(block)
            sha256.update(block)
    return md5.hexdigest(), sha256.hexdigest()


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of_value(value: Any) -> str:
    """The sha256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def sha256_of_text(text: str) -> str:
    """The sha256 of one text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of_texts(texts: Iterable[str]) -> str:
    """The sha256 of a sequence of texts; order and borders count."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


def row_id(text: str, label: str, pair: str | None = None) -> str:
    """A row's name: 96 bits of the sha256 of its label and its text or both its texts, the same in every file and
    version of the data."""
    content = f"{label}\x00{text}" if pair is None else f"{label}\x00{text}\x00{pair}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@cache
def code_digest(stage: str, *more: str) -> str:
    """The sha256 of this repository's code that shapes what a stage makes, with that below `more`."""
    return digest_of_code(Path(__file__).parents[1], stage, *more)


def digest_of_code(root: Path, stage: str, *more: str) -> str:
    """The sha256 of the Python files that a stage depends on below tasks/, as dvc.yaml has them, and of `more`."""
    import yaml

    deps = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]["deps"]
    found: set[Path] = set()
    for path in (root / name for name in (*deps, *more) if name.startswith("tasks/")):
        found |= set(path.rglob("*.py")) if path.is_dir() else {path}
    return sha256_of_value([[file.relative_to(root).as_posix(), sha256_of_file(file)] for file in sorted(found)])
