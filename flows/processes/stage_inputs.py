"""A stage's inputs ↔ what dvc.lock says the stages before it made

DVC takes a file that it once checked out for what its cache object is called, without hashing either: a flipped object
would be learned from.
"""

from typing import Any

import yaml

from tasks.audit.disk import md5_of
from tasks.dvc_store import outputs, parts
from tasks.errors import IntegrityError
from tasks.paths import Paths


def refuse_changed_inputs(paths: Paths, stage: str) -> None:
    """Raise IntegrityError if a file that an earlier stage made is not the one that dvc.lock records."""
    file = paths.root / "dvc.lock"
    try:
        lock: Any = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (yaml.YAMLError, ValueError):
        return  # DVC says so in a moment, in its own words
    if not isinstance(lock, dict):
        return
    made = outputs(lock)
    for of, path, _ in parts(lock, "deps"):
        found = md5_of(paths.root / path) if of == stage and path in made else ""
        if found and found != made[path]:
            raise IntegrityError(
                f"{path} has md5 {found}, but dvc.lock records {made[path]}: it was changed, or DVC's cache object is "
                f"damaged (finetrace audit says which). Nothing is learned from it. Make it anew: finetrace run --force"
            )
