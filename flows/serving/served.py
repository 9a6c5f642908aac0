"""What a living `finetrace up` serves, noted where other commands find it"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.files import read_json, write_json
from tasks.paths import Paths
from tasks.process_name import is_alive, process_name


@contextmanager
def noted(paths: Paths, facts: Mapping[str, Any]) -> Iterator[None]:
    """While the block lasts, other commands find us (process, pid) and what we serve."""
    write_json(_file(paths), {"process": process_name(), "pid": os.getpid(), **facts})
    try:
        yield
    finally:
        _file(paths).unlink(missing_ok=True)


def read_noted(paths: Paths) -> dict[str, Any] | None:
    """What a `finetrace up` of this workspace noted, if it lives; a pid used again by another is not it."""
    try:
        found = read_json(_file(paths))
        return found if is_alive(str(found["process"])) else None
    except (FileNotFoundError, IntegrityError, KeyError, TypeError):
        return None


def _file(paths: Paths) -> Path:
    return paths.state / "servers.json"
