"""params.yaml → Config, or every mistake in it at once."""

import difflib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from tasks.augment.settings import AugmentSettings
from tasks.errors import SettingsError
from tasks.evaluate.settings import EvaluateSettings
from tasks.finetune.settings import FinetuneSettings
from tasks.ingest.settings import IngestSettings
from tasks.model.settings import BaseSettings
from tasks.operations import NotifySettings, PromoteSettings, ScheduleSettings
from tasks.problem import ProblemSettings
from tasks.register.settings import RegisterSettings
from tasks.settings import settings
from tasks.split.settings import SplitSettings
from tasks.validate.settings import ValidateSettings


@settings
class Config:
    """All of params.yaml: a section for the base model, one for each stage, and those of the flows around them."""

    base: BaseSettings
    ingest: IngestSettings
    problem: ProblemSettings = Field(default_factory=ProblemSettings)
    validate: ValidateSettings = Field(default_factory=ValidateSettings)
    split: SplitSettings = Field(default_factory=SplitSettings)
    augment: AugmentSettings = Field(default_factory=AugmentSettings)
    finetune: FinetuneSettings = Field(default_factory=FinetuneSettings)
    evaluate: EvaluateSettings = Field(default_factory=EvaluateSettings)
    register: RegisterSettings = Field(default_factory=RegisterSettings)
    promote: PromoteSettings = Field(default_factory=PromoteSettings)
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    notify: NotifySettings = Field(default_factory=NotifySettings)

    @model_validator(mode="after")
    def _problem_fits_the_columns(self) -> Self:
        named, has_pairs = self.problem.input, self.ingest.pair_column is not None
        if named is not None and ("pair" in named.columns) != has_pairs:
            advice = "remove ingest.pair_column" if has_pairs else "name the second text's column in ingest.pair_column"
            raise ValueError(f"problem.input.kind is {named.kind}; {advice}, or change the kind")
        if self.problem.target.per_word and has_pairs:
            raise ValueError(
                f"problem.target.kind: {self.problem.target.kind} tags single texts; remove ingest.pair_column"
            )
        return self

    @model_validator(mode="after")
    def _gate_names_what_is_measured(self) -> Self:
        gate, metrics = self.register.gate, self.problem.target.metrics
        for name in gate.min_extra:
            if name not in self.ingest.extra_tests:
                raise ValueError(
                    f"register.gate.min_extra.{name}: no such test set{_nearest(name, self.ingest.extra_tests)}"
                )
        limits = {"min": gate.min, "max": gate.max} | {
            f"min_extra.{name}": each for name, each in gate.min_extra.items()
        }
        for key, each in limits.items():
            for metric in each:
                if metric not in metrics:
                    raise ValueError(
                        f"register.gate.{key}.{metric}: no metric of {self.problem.target.reads} a row"
                        f"{_nearest(metric, metrics)}"
                    )
        return self


def load_config(path: Path) -> Config:
    """The settings in `path`.

    Raises SettingsError that names every mistake with its key and the nearest known word.
    """
    return parse_config(read_yaml(path), str(path.name))


def parse_config(values: Any, source: str) -> Config:
    """Settings from parsed YAML; `source` names them in the error."""
    if not isinstance(values, dict):
        raise SettingsError(f"{source} must hold sections ({', '.join(_names(Config))}), not {type(values).__name__}.")
    try:
        return TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        mistakes = [_describe(mistake, values) for mistake in error.errors(include_url=False)]
        lines = "\n".join(f"  {mistake}" for mistake in dict.fromkeys(mistakes))
        count = len(dict.fromkeys(mistakes))
        raise SettingsError(f"{source} has {count} mistake{'s' if count > 1 else ''}:\n{lines}") from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of params.yaml, for editors."""
    schema = TypeAdapter(Config).json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "finetrace params.yaml"
    return schema


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice."""


def _mapping_without_repeats(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not a word", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping_without_repeats)


def read_yaml(path: Path) -> Any:
    """A YAML file as parsed. Raises SettingsError if it is missing, is no YAML or gives a key twice."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing. Run finetrace in the folder that holds params.yaml.") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except RecursionError:
        raise SettingsError(f"{path} is nested too deep. Mend the YAML.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise SettingsError(f"{where}: {getattr(error, 'problem', None) or error}. Mend the YAML.") from None


def _on_one_line(key: str) -> str:
    """A key as it is, or quoted if it would break the line or hide in it."""
    return key if key.isprintable() else repr(key)


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


def _describe(mistake: Any, values: dict[str, Any]) -> str:
    """One mistake: its key as written in the file, what is wrong, the nearest known word."""
    location = [part for part in mistake["loc"] if not _is_union_tag(part, mistake["loc"], values)]
    key = ".".join(_on_one_line(str(part)) for part in location)
    if mistake["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{key}: unknown key{_nearest(str(location[-1]), _known_keys(mistake['loc'][:-1]))}"
    if mistake["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{key}: missing; add it"
    if mistake["type"] == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in mistake["ctx"]["expected_tags"].split(",")]
        return f"{key}.kind: unknown kind {mistake['ctx']['tag']!r}{_nearest(mistake['ctx']['tag'], tags)}"
    if mistake["type"] == "union_tag_not_found":
        return f"{key}.kind: missing; say which kind"
    given = mistake["input"]
    shown = f" (it is {given!r})" if isinstance(given, str | int | float | bool | None) else ""
    message = mistake["msg"].removeprefix("Value error, ")
    return f"{f'{key}: ' if key else ''}{message[0].lower() + message[1:]}{shown}"


def _is_union_tag(part: Any, location: tuple[Any, ...], values: Any) -> bool:
    """Whether pydantic put this union tag, which is not a key of the file, into the location."""
    here = values
    for each in location:
        known = isinstance(here, dict) and each in here
        in_list = isinstance(here, list) and isinstance(each, int) and each < len(here)
        if each is part:
            return isinstance(here, dict) and not known and here.get("kind") == part
        if known or in_list:
            here = here[each]
    return False


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    """The keys that the settings class at `location` has."""
    schema = json_schema()
    node: Any = {"$ref": None} | {"properties": schema["properties"]}
    for part in location:
        node = _step(schema, node, part)
    return list(node.get("properties", {})) if isinstance(node, dict) else []


def _step(schema: dict[str, Any], node: dict[str, Any], part: Any) -> dict[str, Any]:
    if isinstance(part, int):
        return _resolve(schema, node.get("items", {}))
    if "properties" in node and part in node["properties"]:
        return _resolve(schema, node["properties"][part])
    mapping = node.get("discriminator", {}).get("mapping", {})
    return _resolve(schema, {"$ref": mapping[part]}) if part in mapping else node


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    found: dict[str, Any] = schema["$defs"][reference.rsplit("/", 1)[1]] if reference else node
    return found


def _nearest(word: str, known: Iterable[str]) -> str:
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(choices)}" if choices else ""
