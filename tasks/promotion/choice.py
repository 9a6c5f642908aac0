"""A number or an alias → the version that is meant"""

import re
from typing import Any

from tasks.errors import DataError
from tasks.tracking import Store

_NUMBER = re.compile(r"v?0*([0-9]{1,9})")
"""Longer ones are none that a store can look up."""


def choose_version(store: Store, name: str, asked: str) -> Any:
    """The version (an MLflow ModelVersion) with this number or alias. Raises DataError if there is none."""
    from mlflow.exceptions import MlflowException

    word = asked.strip().removeprefix("@")
    number = _NUMBER.fullmatch(word)
    try:
        if number:
            return store.client.get_model_version(name, number[1])
        return store.client.get_model_version_by_alias(name, word)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise DataError(f"{name} has no version {asked[:100]!r}. See which there are: finetrace status") from None


def find_number(store: Store, name: str, number: int) -> Any:
    """The version with this number, None if there is none."""
    try:
        return choose_version(store, name, str(number))
    except DataError:
        return None


def aliases_by_name(store: Store, name: str) -> dict[str, int]:
    """Alias → version of a registered model; {} if there is no such model."""
    from mlflow.exceptions import MlflowException

    try:
        model = store.client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise
    return {alias: int(version) for alias, version in dict(model.aliases).items()}
