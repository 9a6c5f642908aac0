"""about.json: which base a saved model sits on, how it learned, and its labels. Loads no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy

ABOUT = "about.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class About:
    """What about.json says."""

    base: BaseSettings
    strategy: Any
    labels: list[str]
    """In the order of the probabilities."""
    format: int = FORMAT


@dataclass(frozen=True, kw_only=True)
class _Checked(About):
    strategy: AnyStrategy


def read_about(folder: Path) -> About:
    """What the about.json of a model's folder says. Raises IntegrityError if it says anything else."""
    file = folder / ABOUT
    try:
        return TypeAdapter(_Checked).validate_python(read_json(file))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise IntegrityError(f"{file} is broken ({where}: {first['msg']}). Restore it, or train again.") from None
