"""What may vary: keys of params.yaml, each with a range or choices"""

import difflib
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.config import Config
from tasks.errors import SettingsError
from tasks.finetune.presets import PRESETS
from tasks.trials.patch import SECTIONS, Patch, nested, patched

PRESET = "preset"
"""The one key that is not in params.yaml: a preset's lines, below all other keys."""
_WORDS = ("low", "high", "log", "choices")
_WITHOUT_EFFECT = {"monitors", "checkpoint_steps"}
"""Keys of finetune that change no score."""


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included; whole ones if both are whole. log: each tenfold counts the same."""

    low: float
    high: float
    log: bool = False

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Choices:
    """A few values of any kind."""

    values: tuple[Any, ...]


Space = Mapping[str, Range | Choices]
Point = Mapping[str, Any]
"""A value for each key of a space."""


def parse_space(raw: Any, values: Mapping[str, Any], source: str) -> dict[str, Range | Choices]:
    """A parsed YAML file → a space, every end and every choice checked against the settings.

    raw: {"finetune.learning_rate": {low: 1e-5, high: 1e-3, log: true}, …}; values: params.yaml as parsed. Raises
    SettingsError with the nearest known word.
    """
    if not isinstance(raw, Mapping) or not raw:
        raise SettingsError(f"{source} must hold keys of params.yaml, each with low and high, or choices.")
    space = {str(key): _parse_knob(str(key), knob, source) for key, knob in raw.items()}
    for key in space:
        _check_key(key, space, values, source)
    return space


def patch_of(point: Point) -> Patch:
    """The lines of params.yaml that a point stands for."""
    keys = {key: value for key, value in point.items() if key != PRESET}
    patch = nested(keys)
    if PRESET in point:
        lines = dict(PRESETS[point[PRESET]].settings)
        for key, value in patch.get("finetune", {}).items():
            both = isinstance(lines.get(key), Mapping) and isinstance(value, Mapping)
            lines[key] = {**lines[key], **value} if both else value
        patch["finetune"] = lines
    return patch


def as_plain(space: Space) -> dict[str, Any]:
    """The space as it stands in a YAML file."""
    return {
        key: {"choices": list(knob.values)}
        if isinstance(knob, Choices)
        else {"low": knob.low, "high": knob.high, "log": knob.log}
        for key, knob in space.items()
    }


def default_space(config: Config) -> dict[str, Range | Choices]:
    """What is worth varying for the strategy that is set."""
    kind = config.finetune.strategy.kind
    if kind == "feature_extraction":
        return {"finetune.strategy.inverse_penalty": Range(0.01, 100.0, log=True)}
    rate = config.finetune.learning_rate or config.finetune.strategy.learning_rate or 1e-3
    space: dict[str, Range | Choices] = {
        "finetune.learning_rate": Range(rate / 5, min(rate * 5, 1.0), log=True),
        "finetune.head_learning_rate": Range(1e-3, 2e-2, log=True),
        "finetune.weight_decay": Choices((0.0, 0.01, 0.1)),
    }
    if hasattr(config.finetune.strategy, "rank") and not hasattr(config.finetune.strategy, "start_rank"):
        space["finetune.strategy.rank"] = Choices((4, 8, 16, 32))
    if kind == "partial":
        space["finetune.strategy.layers"] = Choices((1, 2, 3, 4))
    if kind == "full":
        space["finetune.layer_decay"] = Range(0.6, 1.0)
    return space


def _parse_knob(key: str, knob: Any, source: str) -> Range | Choices:
    if not isinstance(knob, Mapping):
        raise SettingsError(f"{source}: {key}: give low and high, or choices.")
    odd = next((word for word in knob if word not in _WORDS), None)
    if odd is not None:
        near = difflib.get_close_matches(str(odd), _WORDS, n=1, cutoff=0.5)
        raise SettingsError(
            f"{source}: {key}: unknown word {odd!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
        )
    if "choices" in knob:
        if not isinstance(knob["choices"], list) or not knob["choices"] or len(knob) > 1:
            raise SettingsError(f"{source}: {key}: choices must be a list with something in it, and stand alone.")
        return Choices(tuple(knob["choices"]))
    if not isinstance(knob.get("log", False), bool):
        raise SettingsError(f"{source}: {key}: log must be true or false (found {knob['log']!r}).")
    low, high = _number(key, knob.get("low"), source), _number(key, knob.get("high"), source)
    if not low < high or (knob.get("log") and low <= 0):
        raise SettingsError(
            f"{source}: {key}: low must be below high{', and above 0 with log' * bool(knob.get('log'))}."
        )
    return Range(low, high, bool(knob.get("log", False)))


def _number(key: str, value: Any, source: str) -> float:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return float(value)  # YAML takes 1e-5 for a text
    except (TypeError, ValueError):
        raise SettingsError(f"{source}: {key}: low and high must be numbers (found {value!r}).") from None


def _check_key(key: str, space: Space, values: Mapping[str, Any], source: str) -> None:
    """Raise SettingsError if some value of this key is none of the settings', whatever whole parts are chosen."""
    if key == PRESET:
        _check_presets(space[key], source)
    elif "." not in key or key.partition(".")[0] not in SECTIONS:
        raise SettingsError(
            f"{source}: {key}: every trial gets the same rows, so that only keys of {' and '.join(SECTIONS)} can vary, "
            f"as in finetune.learning_rate; or {PRESET}."
        )
    kinds: set[str] = set()
    for around in _whole_parts(space, key):
        for value in _ends(space[key]):
            kinds.add(patched(values, patch_of({**around, key: value}), source).finetune.strategy.kind)
    _refuse_unread(key, kinds, source)


def _refuse_unread(key: str, kinds: set[str], source: str) -> None:
    """Raise SettingsError for a key that changes no score with any of these strategies: all trials would be alike."""
    section, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    if section != "finetune":
        return
    if name in _WITHOUT_EFFECT:
        raise SettingsError(
            f"{source}: {key}: it changes no score, so that all trials would be the same. Leave it out."
        )
    if kinds == {"feature_extraction"}:
        from tasks.finetune.plan import USED_WITHOUT_LOOP  # late: imports torch

        if name not in USED_WITHOUT_LOOP:
            raise SettingsError(
                f"{source}: {key}: feature_extraction has no loop that reads it, so that all trials would be the same. "
                "Leave it out, or set another finetune.strategy in params.yaml."
            )


def _check_presets(knob: Range | Choices, source: str) -> None:
    for name in _ends(knob):
        if name not in PRESETS:
            near = difflib.get_close_matches(str(name), PRESETS, n=1, cutoff=0.5)
            raise SettingsError(
                f"{source}: {PRESET}: no preset {name!r}"
                + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(PRESETS)}.")
            )


def _ends(knob: Range | Choices) -> tuple[Any, ...]:
    """Values that must all be settings: the choices, or both ends; and for a range of fractions one that is no end."""
    if isinstance(knob, Choices):
        return knob.values
    return (
        (knob.low, knob.high) if knob.is_whole else (knob.low, knob.high, knob.low + (knob.high - knob.low) / math.pi)
    )


def _whole_parts(space: Space, key: str) -> Iterable[Point]:
    """Every combination of the presets and parts that hold other keys, as context for this key."""
    around = {name: _ends(knob) for name, knob in space.items() if name == PRESET or key.startswith(f"{name}.")}
    around.pop(key, None)
    return [dict(zip(around, chosen, strict=True)) for chosen in itertools.product(*around.values())]
