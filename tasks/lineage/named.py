"""a model and the number or alias of a version → that version, or which ones there are instead"""

from typing import Any

from tasks.errors import SettingsError
from tasks.lineage.address import parse_address
from tasks.lineage.ledger import ledger_name
from tasks.lineage.readable import readable
from tasks.tracking.store import Store

_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_MOST_NAMED = 5
_LARGEST = 999_999_999
"""Larger numbers are none that a store can look up."""


def find_named(store: Store, configured: str, asked: str) -> Any:
    """The version (an MLflow ModelVersion) that a person names in one of the forms of tasks.lineage.address.

    Raises SettingsError if there is none such, and says which there are.
    """
    name, which = parse_address(asked, configured)
    return look_up(store, name, which)


def look_up(store: Store, name: str, which: int | str) -> Any:
    """The version with this number or alias. Raises SettingsError if there is none, and says which there are."""
    from mlflow.exceptions import MlflowException

    try:
        if isinstance(which, int) and 0 < which <= _LARGEST:
            return store.client.get_model_version(name, str(which))
        if isinstance(which, str):
            return store.client.get_model_version_by_alias(name, which)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
    raise SettingsError(readable(_what_there_is(store, name, which)))


def _what_there_is(store: Store, name: str, which: int | str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        model = store.client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        return f"No model is registered as {name}. {_models(store)}"
    newest = store.client.search_model_versions(
        f"name = '{name}'", max_results=_MOST_NAMED + 1, order_by=["version_number DESC"]
    )
    numbers = [str(each.version) for each in newest][:_MOST_NAMED]
    older = " and older ones" if len(newest) > _MOST_NAMED else ""
    aliases = ", ".join(f"{alias} ({version})" for alias, version in sorted(model.aliases.items()))
    asked = f"version {which}" if isinstance(which, int) else f"alias {which}"
    there = f"There are versions {', '.join(numbers)}{older}" if numbers else "It has no version"
    return f"{name} has no {asked}. {there}; {f'aliases {aliases}' if aliases else 'no alias'}."


def _models(store: Store) -> str:
    found = {each.name for each in store.client.search_registered_models(max_results=1_000)}
    names = sorted(each for each in found if each not in {ledger_name(other) for other in found})
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"There is {', '.join(names[:_MOST_NAMED])}{more}." if names else "There is none yet: finetrace run"
