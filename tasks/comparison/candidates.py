"""Words of a command line → candidates: named lines of params.yaml that are to be compared."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.config import Config, read_yaml
from tasks.errors import SettingsError
from tasks.finetune.presets import PRESETS
from tasks.settings import as_dict
from tasks.trials.patch import Patch, nested, patched, whole_lines

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,59}")
CURRENT = "current"
"""The word for params.yaml as it is."""
_COMMA = re.compile(r",(?![^\[{(]*[\]})])")


@dataclass(frozen=True)
class Candidate:
    """One way to fine-tune."""

    name: str
    lines: Patch
    """What differs from params.yaml, each key whole."""
    config: Config


def read_candidates(words: Sequence[str], values: Mapping[str, Any], root: Path) -> list[Candidate]:
    """The candidates that the words name; `values` is params.yaml as parsed, files are looked for from `root`.

    A word is a preset, `current`, a YAML file of lines for params.yaml, or `name:key=value,…` with keys of section
    finetune; a preset's name there means the preset with these changes. Raises SettingsError, also where two
    candidates are the same.
    """
    found = []
    for word in words:
        name, patch = _read(word, root)
        found.append(Candidate(name, whole_lines(values, patch), patched(values, patch, f"candidate {name}")))
    _refuse_twins(found)
    return found


def _read(word: str, root: Path) -> tuple[str, Patch]:
    if word == CURRENT:
        return CURRENT, {}
    if word in PRESETS:
        return word, {"finetune": dict(PRESETS[word].settings)}
    if word.endswith((".yaml", ".yml")):
        return _read_file(root / word)
    if ":" in word:
        return _read_inline(word)
    near = difflib.get_close_matches(word, [*PRESETS, CURRENT], n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join([*PRESETS, CURRENT])}."
    raise SettingsError(f"{word}: no such preset{hint} A candidate can also be a .yaml file, or name:key=value,…")


def _read_file(file: Path) -> tuple[str, Patch]:
    found = read_yaml(file)
    if not isinstance(found, dict) or not all(isinstance(lines, dict) for lines in found.values()):
        raise SettingsError(f"{file.name} must hold sections of params.yaml with the lines that differ.")
    return _checked_name(file.stem if file.stem != "patch" else file.parent.name), found


def _read_inline(word: str) -> tuple[str, Patch]:
    """`lora:strategy.rank=16,learning_rate=1e-3`"""
    name, _, rest = word.partition(":")
    pairs = [part.partition("=") for part in _COMMA.split(rest) if part.strip()]
    wrong = next((key for key, sign, _ in pairs if not sign or not key.strip()), None)
    if wrong is not None or not pairs:
        raise SettingsError(f"{word}: write name:key=value,key=value, e.g. lora:strategy.rank=16.")
    changes = nested({key.strip(): _value(word, text) for key, _, text in pairs})
    if name not in PRESETS:
        return _checked_name(name), {"finetune": changes}
    lines = dict(PRESETS[name].settings)
    for key, value in changes.items():
        lines[key] = {**lines[key], **value} if isinstance(lines.get(key), dict) and isinstance(value, dict) else value
    return f"{name}:{rest.strip()}", {"finetune": lines}


def _value(word: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise SettingsError(f"{word}: {text!r} is no value that YAML can read. Mend it.") from None


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no name for a candidate: use letters, digits, - . and _.")
    return name


def _refuse_twins(candidates: Sequence[Candidate]) -> None:
    seen: dict[str, str] = {}
    names: set[str] = set()
    for each in candidates:
        if each.name in names:
            raise SettingsError(f"two candidates are called {each.name}. Give one of them another name.")
        names.add(each.name)
        key = repr([as_dict(each.config.finetune), as_dict(each.config.base)])
        if key in seen:
            raise SettingsError(f"{each.name} and {seen[key]} are the same settings. Leave one of them out.")
        seen[key] = each.name
