"""Lines put into params.yaml, comments kept."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from tasks.config import parse_config
from tasks.files import replacing
from tasks.paths import Paths
from tasks.trials.patch import Patch


def with_lines(text: str, patch: Patch) -> str:
    """The text of params.yaml with the patch's keys in place of the old ones; all else, comments too, as it was."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
    values: Any = yaml.load(text)
    for section, lines in patch.items():
        if values.get(section) is None:
            values[section] = {}
        for key, value in lines.items():
            _put(values[section], key, value)
    written = io.StringIO()
    yaml.dump(values, written)
    return written.getvalue()


def _put(section: Any, key: str, value: Any) -> None:
    """Put a value in place of the old one; of a mapping, key by key, so that those it keeps keep their comments."""
    old = section.get(key)
    if not isinstance(old, dict) or not isinstance(value, Mapping):
        section[key] = value
        return
    for gone in [each for each in old if each not in value]:
        del old[gone]
    for each, given in value.items():
        old[each] = given


def apply_lines(paths: Paths, patch: Patch) -> None:
    """Write the patch into params.yaml. Raises SettingsError, and writes nothing, if that would be no settings."""
    text = with_lines(paths.params.read_text(encoding="utf-8"), patch)
    parse_config(YAML(typ="safe").load(text), paths.params.name)
    with replacing(paths.params) as temporary:
        temporary.write_text(text, encoding="utf-8")
