"""what a person types for a version → the registered model and the number or alias that are meant"""

import re

from tasks.errors import SettingsError
from tasks.lineage.readable import readable

FORMS = "3, champion, @champion, models:/NAME/3 or models:/NAME@champion"
"""The ways in which a version is named."""
_NUMBER = r"v?(?P<number>[0-9]{1,9})"
"""Longer ones are none that a store can look up: tasks.lineage.named."""
_ALIAS = r"(?=[0-9-]*[A-Za-z_])[\w-]+"
_SHORT = re.compile(rf"{_NUMBER}|@?(?P<alias>{_ALIAS})", re.ASCII)
_LONG = re.compile(rf"models:/(?P<name>[^/@:]+)(?:/{_NUMBER}|@(?P<alias>{_ALIAS}))", re.ASCII)


def parse_address(asked: str, configured: str) -> tuple[str, int | str]:
    """The model's name, and the version's number or alias. configured: the model of params.yaml, meant where none is
    named. Raises SettingsError if it is none of the forms."""
    word = asked.strip()
    found = (_LONG if word.startswith("models:/") else _SHORT).fullmatch(word) if word.isprintable() else None
    if found is None:
        raise SettingsError(f"{readable(asked)[:100]!r} names no version. Write {FORMS}.")
    parts = found.groupdict()
    return parts.get("name") or configured, int(parts["number"]) if parts["number"] else str(parts["alias"])
