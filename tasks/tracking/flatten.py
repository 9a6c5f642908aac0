"""nested settings and numbers → MLflow's flat names"""

import math
import re
from collections.abc import Mapping
from typing import Any

from tasks.masking import mask_values

_NOT_ALLOWED = re.compile(r"[^\w\-. /]")
_MAX_VALUE = 6_000  # MLflow's limit for a parameter


def flat_params(settings: Mapping[str, Any]) -> dict[str, str]:
    """Every setting as `section.key` → text, secrets masked."""
    flat = _flatten(mask_values(settings))
    return {name: str(value)[:_MAX_VALUE] for name, value in flat.items()}


def flat_numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Every finite number as `section.key` → number. Lists, texts and truth values are left out."""
    flat = _flatten(values)
    numbers = {name: float(value) for name, value in flat.items() if _is_number(value)}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def clean_name(name: str) -> str:
    """A name MLflow accepts: other characters become _, no leading or doubled separators, at most 250."""
    cleaned = _NOT_ALLOWED.sub("_", name)
    parts = [part for part in cleaned.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[:250] or "_"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat |= _flatten(value, f"{name}.")
        else:
            flat[clean_name(name)] = value
    return flat
