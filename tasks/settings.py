"""How every room declares its settings: frozen, keyword-only, unknown keys forbidden."""

import dataclasses
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

settings = dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, str_strip_whitespace=False),
)
"""Decorator for a section of params.yaml. The docstring under a field is its description in the JSON Schema."""


def as_dict(section: Any) -> dict[str, Any]:
    """A section as plain values, defaults included."""
    return dataclasses.asdict(section)
