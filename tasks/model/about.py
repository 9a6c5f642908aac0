"""about.json: which base a saved model sits on, how it learned, and its labels. Loads no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.inputs import AnyInput, Input, TextInput
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.settings import as_dict
from tasks.targets import NOTHING, AnyTarget, Decision, LabelTarget, Target

ABOUT = "about.json"
FORMAT = 2
_FORMER_INPUTS = {"texts": "text", "pairs": "pair"}
"""What format 1, of one label a row, calls its `problem`."""
MEMBERS = "members"
"""Folder of an ensemble's members: members/0, members/1 …, each a model of its own."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What about.json says."""

    base: BaseSettings
    strategy: Any
    """None of an ensemble: each member has its own."""
    input: Input = field(default_factory=TextInput)
    """What a row holds."""
    target: Target = field(default_factory=LabelTarget)
    """What is asked of it."""
    labels: list[str]
    """The target's classes, in the order of the outputs; none of a number."""
    decision: Decision = field(default_factory=lambda: dict(NOTHING))
    """What turns outputs into answers, see tasks.targets."""
    format: int = FORMAT
    members: int = 0
    """How many models answer together; 0: the folder holds one model."""
    temperature: float = 1.0
    """What the logarithm of the members' mean probabilities is divided by."""

    @property
    def kind(self) -> str:
        """The strategy's word, or "ensemble"."""
        return "ensemble" if self.members else str(self.strategy.kind)

    def as_json(self) -> dict[str, Any]:
        """What about.json holds; a single model's says nothing of members."""
        left_out = set() if self.members else {"members", "temperature"}
        return {key: value for key, value in as_dict(self).items() if key not in left_out}


@dataclass(frozen=True, kw_only=True)
class _Checked(About):
    strategy: AnyStrategy
    input: AnyInput = field(default_factory=TextInput)
    target: AnyTarget = field(default_factory=LabelTarget)


@dataclass(frozen=True, kw_only=True)
class _CheckedEnsemble(About):
    strategy: None
    input: AnyInput = field(default_factory=TextInput)
    target: AnyTarget = field(default_factory=LabelTarget)
    members: Annotated[int, Field(ge=2, le=100)]
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]


def read_about(folder: Path) -> About:
    """What the about.json of a model's folder says. Raises IntegrityError if it says anything else."""
    file = folder / ABOUT
    values = read_json(file)
    if isinstance(values, dict) and values.get("format") == 1 and values.get("problem", "texts") in _FORMER_INPUTS:
        values["input"] = {"kind": _FORMER_INPUTS[values.pop("problem", "texts")]}
    kind = _CheckedEnsemble if isinstance(values, dict) and values.get(MEMBERS) else _Checked
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise IntegrityError(f"{file} is broken ({where}: {first['msg']}). Restore it, or train again.") from None


def single_models(folder: Path) -> list[Path]:
    """The folders of the single models in a model's folder: its own, or those of an ensemble's members.

    Raises IntegrityError if a member is missing.
    """
    count = read_about(folder).members
    found = [folder / MEMBERS / str(number) for number in range(count)] if count else [folder]
    for each in found:
        if not (each / ABOUT).is_file():
            raise IntegrityError(f"{each} is missing, but {folder / ABOUT} tells of it. Train the ensemble again.")
    return found


def needs_base(folder: Path) -> bool:
    """Whether the model at `folder`, or a member of it, needs the base's weights: `full` brings all of its own."""
    return any(read_about(each).kind != "full" for each in single_models(folder))
