"""A version by its number, and the aliases of a registered model"""

from typing import Any

from tasks.errors import SettingsError
from tasks.lineage.named import look_up
from tasks.tracking import Store


def find_number(store: Store, name: str, number: int) -> Any:
    """The version (an MLflow ModelVersion) with this number, None if there is none."""
    try:
        return look_up(store, name, number)
    except SettingsError:
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
