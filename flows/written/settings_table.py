"""`python -m flows.written.settings_table`: the tables of all settings, written between the markers of a page.

The tables are made from the settings classes, so the page can say nothing else than the code; tests/test_house.py
compares them.
"""

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from tasks.config import Config
from tasks.settings import as_dict

KEYS, KINDS = "settings", "kinds"
PAGE = Path("infra/docs/reference/settings.md")


def filled(page: str) -> str:
    """The page with both tables made anew."""
    return filled_between(filled_between(page, KEYS, keys_table()), KINDS, kinds_table())


def filled_between(page: str, name: str, text: str) -> str:
    """The page with what stands between the markers of this name replaced. Raises ValueError without such markers."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, begins, rest = page.partition(start)
    _, ends, after = rest.partition(end)
    if not (begins and ends):
        raise ValueError(f"the page has no place for this: {start.strip()} … {end}")
    return f"{before}{start}{text}\n{end}{after}"


def keys_table() -> str:
    """Every key that is no kind's own: its default, and what it does."""
    lines = ["| key | default | what it does |", "|---|---|---|"]
    for key, field in _keys(Config, ""):
        what = " ".join([_on_one_line(field.description), *_choices(field.annotation)])
        lines.append(f"| `{key}` | {_default(field)} | {what} |")
    return "\n".join(lines)


def kinds_table() -> str:
    """Every kind that a key can have: its own settings with their defaults, and what it is."""
    lines = ["| key | kind | its settings | what it is |", "|---|---|---|---|"]
    for key, field in _keys(Config, ""):
        for kind in _kinds(field.annotation):
            own = kind.__pydantic_fields__
            settings = ", ".join(f"`{name}: {_written(each)}`" for name, each in own.items() if name != "kind")
            what = _on_one_line((inspect.getdoc(kind) or "").split("\n\n")[0])
            lines.append(f"| `{key}` | `{get_args(own['kind'].annotation)[0]}` | {settings or '–'} | {what} |")
    return "\n".join(lines)


def _keys(section: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    own = section.__pydantic_fields__
    for name in (each.name for each in fields(section)):
        if is_dataclass(own[name].annotation):
            yield from _keys(own[name].annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", own[name]


def _kinds(annotation: Any) -> list[Any]:
    """The members of the union of kinds in an annotation, in order."""
    if get_origin(annotation) in (Union, UnionType):
        found = [each for each in get_args(annotation) if is_dataclass(each)]
        return found or [kind for each in get_args(annotation) for kind in _kinds(each)]
    return [kind for each in get_args(annotation) for kind in _kinds(each)]


def _choices(annotation: Any) -> list[str]:
    """A sentence that names the words that may be chosen, if there are any."""
    alternatives = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    words = [word for each in alternatives if get_origin(each) is Literal for word in get_args(each)]
    return [f"One of {', '.join(f'`{word}`' for word in words)}."] if len(words) > 1 else []


def _default(field: Any) -> str:
    return "required" if field.is_required() else f"`{_written(field)}`"


def _written(field: Any) -> str:
    """A default as params.yaml would have it; `…` where a person must say."""
    if field.is_required():
        return "…"
    value = field.default if field.default is not PydanticUndefined else field.default_factory()
    return _yaml(as_dict(value) if is_dataclass(value) else value)


def _yaml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(as_dict(each) if is_dataclass(each) else each) for each in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _on_one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
