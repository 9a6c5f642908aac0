"""What may be chosen can be written in params.yaml as it stands, and is what its comments and tables say."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import TypeAdapter

from flows.written.settings_table import keys_table
from tasks.config import Config, load_config

PARAMS = Path(__file__).parents[2] / "params.yaml"
LISTED = re.compile(r"\b((?:\w+, )+\w+ or \w+|\w+ or \w+)\b")


def literals(annotation: Any) -> Iterator[str]:
    """The words among an annotation's choices."""
    if get_origin(annotation) is Literal:
        yield from (each for each in get_args(annotation) if isinstance(each, str))
    elif not is_dataclass(annotation):
        for each in get_args(annotation):
            yield from literals(each)


def sections(annotation: Any) -> Iterator[Any]:
    """The settings classes in an annotation."""
    if hasattr(annotation, "__pydantic_fields__"):
        yield annotation
    for each in get_args(annotation):
        yield from sections(each)


def choices() -> Iterator[tuple[str, Any, str]]:
    """Each choice of each field of each settings class: the field's name, its annotation, the word."""
    left, seen = [Config], set()
    while left:
        section: Any = left.pop()
        if section in seen:
            continue
        seen.add(section)
        for name, field in section.__pydantic_fields__.items():
            validated = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
            yield from ((f"{section.__name__}.{name}", validated, word) for word in literals(field.annotation))
            left += sections(field.annotation)


def test_a_choice_written_without_quotes_is_that_choice() -> None:
    every = list(choices())
    assert {"drop", "off", "lora", "windows-1252"} <= {word for *_, word in every}
    for name, annotation, word in every:
        read = yaml.safe_load(word)
        assert read == word or TypeAdapter(annotation).validate_python(read) == word, name


def commented_choices() -> list[tuple[int, str, str]]:
    """Line, key and word of each choice that a comment of params.yaml lists."""
    found = []
    for number, line in enumerate(PARAMS.read_text(encoding="utf-8").splitlines()):
        key, _, rest = line.partition(":")
        listed = LISTED.search(rest.partition("#")[2])
        value = rest.partition("#")[0].strip()
        if listed and value and value in re.split(r", | or ", listed[1]):
            found += [(number, key.strip(), word) for word in re.split(r", | or ", listed[1])]
    return found


def test_comments_of_params_yaml_list_choices() -> None:
    assert {("label_errors", "off"), ("kind", "lora")} <= {(key, word) for _, key, word in commented_choices()}


@pytest.mark.parametrize(("number", "key", "word"), commented_choices())
def test_a_choice_that_a_comment_of_params_yaml_lists_is_accepted(
    tmp_path: Path, number: int, key: str, word: str
) -> None:
    lines = PARAMS.read_text(encoding="utf-8").splitlines()
    indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
    lines[number] = f"{indent}{key}: {word}"
    if key == "kind":  # a kind's own settings follow it
        del lines[number + 1 : next(at for at in range(number + 1, len(lines)) if not lines[at].startswith(indent))]
    (tmp_path / "params.yaml").write_text("\n".join(lines), encoding="utf-8")
    load_config(tmp_path / "params.yaml")


def test_the_table_of_settings_names_every_choice_of_a_key() -> None:
    (row,) = (line for line in keys_table().splitlines() if line.startswith("| `validate.label_errors`"))
    assert row.endswith("One of `report`, `drop`, `off`. |")
    assert "report, quarantine" not in row
