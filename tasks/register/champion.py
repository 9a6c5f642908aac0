"""The current champion, and what it says about these texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import IntegrityError, SettingsError
from tasks.register.package import open_package, verify_package
from tasks.targets import Target
from tasks.texts import Text
from tasks.tracking import MODEL_DIGEST, Store
from tasks.tracking.download import download

PACKAGE_DIGEST = "finetrace.package"


@dataclass(frozen=True)
class ChampionVersion:
    """The version that the alias points to."""

    version: int
    model_digest: str
    package_digest: str


def find_version(store: Store, name: str, alias: str) -> ChampionVersion | None:
    """The version of `name` with this alias, None if there is none."""
    from mlflow.exceptions import MlflowException

    try:
        found = store.client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
    return ChampionVersion(
        version=int(found.version),
        model_digest=found.tags.get(MODEL_DIGEST, ""),
        package_digest=found.tags.get(PACKAGE_DIGEST, ""),
    )


def predict_with(
    store: Store, name: str, champion: ChampionVersion, target: Target, texts: Sequence[Text]
) -> list[str]:
    """The answers that this version gives the texts or pairs, in the form that tables keep.

    Raises IntegrityError if its files are not those that were registered, SettingsError if it reads none such, or
    answers something else than the target asks.
    """
    if not champion.package_digest:
        raise IntegrityError(
            f"version {champion.version} of {name} has the alias champion but no tag {PACKAGE_DIGEST}: finetrace "
            "did not register it. Set the alias to a version that it did, or remove it."
        )
    folder = download(store, f"models:/{name}/{champion.version}")
    verify_package(folder, champion.package_digest)
    model = open_package(folder)
    who = f"register.name: the champion of {name} (version {champion.version})"
    apart = "so that they cannot be compared. Give this model a name of its own."
    if model.target.kind != target.kind:
        raise SettingsError(f"{who} answers {model.target.reads}, and this model {target.reads}, {apart}")
    if not model.input.suits(texts):
        raise SettingsError(f"{who} reads {model.input.reads}, and this model does not, {apart}")
    answers: list[str] = model.answers(model.predict(list(texts)))
    return answers
