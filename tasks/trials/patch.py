"""params.yaml and some lines that differ → settings."""

from collections.abc import Mapping
from typing import Any

import yaml

from tasks.config import Config, parse_config
from tasks.errors import SettingsError
from tasks.stages import STAGES

Patch = Mapping[str, Mapping[str, Any]]
"""Section → its lines, as they would stand in params.yaml."""
SECTIONS = tuple(each for each in STAGES["finetune"].sections if each != "problem")
"""What a trial may change: the rows, and what is asked of them, are those of the workspace."""


def patched(values: Mapping[str, Any], patch: Patch, source: str) -> Config:
    """The settings of a parsed params.yaml with a patch; `source` names it in the error.

    Raises SettingsError that names every mistake.
    """
    foreign = [section for section in patch if section not in SECTIONS]
    if foreign:
        raise SettingsError(
            f"{source}: {', '.join(map(str, foreign))} cannot be changed here: every training gets the same rows. "
            f"Only {' and '.join(SECTIONS)} can."
        )
    return parse_config(merged_lines(values, patch), source)


def merged_lines(values: Mapping[str, Any], patch: Patch) -> dict[str, Any]:
    """params.yaml as parsed, a patch's lines put over it."""
    changed: dict[str, Any] = {section: _merge(values.get(section) or {}, lines) for section, lines in patch.items()}
    return {**values, **changed}


def whole_lines(values: Mapping[str, Any], patch: Patch) -> dict[str, dict[str, Any]]:
    """The patch with each of its keys (finetune.strategy, …) whole, so that it can be put in place of the old one."""
    merged = merged_lines(values, patch)
    return {section: {key: merged[section][key] for key in lines} for section, lines in patch.items() if lines}


def _merge(old: Any, new: Any) -> Any:
    """A mapping is merged key by key, but one that says its `kind` replaces what was there, settings of it included."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or "kind" in new:
        return new
    return {**old, **{key: _merge(old.get(key), value) for key, value in new.items()}}


def nested(keys: Mapping[str, Any]) -> dict[str, Any]:
    """{"strategy.rank": 8} → {"strategy": {"rank": 8}}."""
    found: dict[str, Any] = {}
    for key, value in keys.items():
        here = found
        *above, last = key.split(".")
        for part in above:
            inner = here.setdefault(part, {})
            if not isinstance(inner, dict):
                raise SettingsError(f"{key}: {part} already has a value of its own. Give one or the other.")
            here = inner
        both = isinstance(here.get(last), dict) and isinstance(value, dict)
        here[last] = {**here[last], **value} if both else value
    return found


def as_yaml(patch: Patch) -> str:
    """The patch as lines of params.yaml."""
    plain = {section: dict(lines) for section, lines in patch.items() if lines}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=None, width=200)
