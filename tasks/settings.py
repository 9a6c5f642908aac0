"""How every room declares its settings: frozen, keyword-only, unknown keys forbidden."""

import dataclasses
from typing import Any, TypeVar, cast

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

Section = TypeVar("Section")

settings = dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, str_strip_whitespace=False),
)
"""Decorator for a section of params.yaml. The docstring under a field is its description in the JSON Schema."""


def as_dict(section: Any) -> dict[str, Any]:
    """A section as plain values, defaults included."""
    return dataclasses.asdict(section)


def changed(section: Section, **values: Any) -> Section:
    """The section with other values, checked like all settings."""
    return cast("Section", dataclasses.replace(cast("Any", section), **values))


def as_off(value: Any) -> Any:
    """The word "off" for false, which is how YAML 1.1 reads an off without quotes."""
    return "off" if value is False else value
