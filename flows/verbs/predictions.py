"""Texts or pairs → answers, by the model in the workspace or a registered one."""

import math
import re
from pathlib import Path
from typing import Any

from rich.markup import escape

from flows.verbs.asked import pair_up, read_asked
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.config import load_config
from tasks.errors import DataError, SettingsError
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.texts import Text, strings

_ADDRESS = re.compile(r"models:/(?P<name>[\w-]+)(?:@(?P<alias>[\w.-]+)|/(?P<version>\d+))")


def show_predictions(
    paths: Paths, texts: list[str], *, pairs: list[str], file: Path | None, model: str | None, as_json: bool
) -> None:
    """Print the answer to each text, or to each with its second one from `pairs`, and how sure the model is."""
    opened, predicted = predict_rows(paths, texts, pairs=pairs, file=file, model=model)
    if as_json:
        print_json(predicted)
        return
    console = make_console(stderr=False)
    answers = [opened.target.shown(each["label"]) for each in predicted]
    width = max(map(len, answers))
    for answer, each in zip(answers, predicted, strict=True):
        sure = f"  {each['probability']:.3f}" if each.get("probability") is not None else ""
        shown = " | ".join(escape(_plain(each[column])) for column in opened.input.columns)
        console.print(f"{escape(answer):<{width}}{sure}  {shown}")


def predict_rows(
    paths: Paths, texts: list[str], *, pairs: list[str], file: Path | None = None, model: str | None = None
) -> tuple[Any, list[dict[str, Any]]]:
    """The model, and what it says of each text, or of each with its second one from `pairs`.

    Raises SettingsError, DataError, IntegrityError: nothing given, no such model, bytes that are not those registered.
    """
    set_switches()
    rows = pair_up(texts, pairs)
    if not rows and file is None:
        raise SettingsError('Say what to label: finetrace predict "your text", or --file FILE.')
    opened = _open_model(paths, model)
    rows += [] if file is None else read_asked(file, opened.input.columns)
    if not rows:
        raise DataError(f"{file} holds no texts. Write one on each line.")
    return opened, predict(opened, rows)


def predict(model: Any, texts: list[Text]) -> list[dict[str, Any]]:
    """Each text or pair with the answer, `label`, as data files write it, and its probability where there is one."""
    texts = [model.target.readable(text) if isinstance(text, str) else text for text in texts]
    outputs = model.predict(texts)
    return [
        {
            **dict(zip(model.input.columns, strings([text]), strict=True)),
            "label": answer,
            **({"probability": round(float(sure), 6)} if math.isfinite(sure) else {}),
        }
        for text, answer, sure in zip(texts, model.answers(outputs), model.target.confidence(outputs), strict=True)
    ]


def _open_model(paths: Paths, address: str | None) -> Any:
    """data/model, or a registered version whose every byte is checked. Raises DataError, IntegrityError."""
    if address is None:
        if not paths.model.exists():
            raise DataError("There is no model yet. Make one: finetrace run")
        from tasks.model.files import load_model

        return load_model(paths.model, load_config(paths.params).base, paths.root)
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise SettingsError(f"--model {address}: write models:/NAME@ALIAS or models:/NAME/VERSION.")
    return _open_registered(paths, **found.groupdict())


def _open_registered(paths: Paths, *, name: str, alias: str | None, version: str | None) -> Any:
    from mlflow.exceptions import MlflowException

    from tasks.register.champion import PACKAGE_DIGEST
    from tasks.register.package import open_package, verify_package
    from tasks.tracking.download import download
    from tasks.tracking.store import open_store, reporting

    store = open_store(paths)
    with reporting(store.registry_uri):
        try:
            client = store.client
            found = client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, version)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            shown = f"@{alias}" if alias else f"/{version}"
            raise DataError(f"models:/{name}{shown} is not registered. See `finetrace status`.") from None
        folder = download(store, f"models:/{name}/{found.version}")
    verify_package(folder, found.tags.get(PACKAGE_DIGEST, ""))
    return open_package(folder)


def _plain(text: str) -> str:
    """A text without the control characters that a terminal would obey."""
    return "".join(each if each.isprintable() else "�" for each in text)
