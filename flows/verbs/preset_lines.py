"""A preset as the lines that a person pastes into params.yaml."""

from dataclasses import fields, is_dataclass
from typing import Any

import yaml

from tasks.finetune.presets import apply_preset, preset_named
from tasks.finetune.settings import FinetuneSettings

_COMMENT = 34
"""The column at which comments begin."""


def preset_lines(name: str) -> str:
    """YAML whose section finetune is the preset; its other knobs stand beside it as comments, with their defaults.

    Raises SettingsError if there is no such preset.
    """
    preset, applied = preset_named(name), apply_preset(FinetuneSettings(), name)
    lines = [f"# {name}: {preset.use}", f"# what learns, what it costs: {preset.cost}"]
    lines += [f"# {preset.paper}"] if preset.paper else []
    lines.append("finetune:")
    for key, value in preset.settings.items():
        section = getattr(applied, key)
        if is_dataclass(section):
            lines += [f"  {key}:", *_section_lines(section, value)]
        else:
            lines.append(_line(f"  {key}: {_scalar(value)}", _meanings(FinetuneSettings)[key]))
    return "\n".join(lines) + "\n"


def _section_lines(section: Any, given: dict[str, Any]) -> list[str]:
    meanings = _meanings(type(section))
    lines = [f"    kind: {section.kind}"]
    for field in sorted(fields(section), key=lambda field: field.name not in given):
        if field.name != "kind":
            mark = "" if field.name in given else "# "
            shown = f"    {mark}{field.name}: {_scalar(getattr(section, field.name))}"
            lines.append(_line(shown, meanings[field.name]))
    return lines


def _meanings(section: type[Any]) -> dict[str, str]:
    """Each key's docstring; the class that declares the key has it."""
    found: dict[str, str] = {}
    declaring: list[Any] = list(reversed(section.__mro__[:-1]))
    for each in declaring:
        own = {key: " ".join((field.description or "").split()) for key, field in each.__pydantic_fields__.items()}
        found |= {key: meaning for key, meaning in own.items() if meaning}
    return found


def _line(shown: str, meaning: str) -> str:
    return f"{shown:<{_COMMENT - 2}}  # {meaning}"


def _scalar(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1_000).splitlines()[0]
