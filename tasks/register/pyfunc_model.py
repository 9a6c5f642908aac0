"""The registered model as MLflow runs it: texts or pairs → labels and probabilities. Kept as code, never a pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model

from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.register.package import open_package


class TextClassifier(mlflow.pyfunc.PythonModel):
    """One text a row in, or a pair; its most probable label and that label's probability out."""

    _skip_type_hint_validation = True
    """A hint on `model_input` would cost our output signature; without one MLflow warns at each load, but for this."""

    def load_context(self, context: Any) -> None:
        """Load the model, every byte checked. Raises IntegrityError."""
        folder = Path(context.artifacts["model"])
        expected = context.model_config["model_digest"]
        if read_json(folder / "manifest.json")["digest"] != expected:
            raise IntegrityError(f"{folder} is not the model {expected} that was registered. Do not use it.")
        self.model = open_package(folder.parents[1])

    def predict(  # type: ignore[no-untyped-def]
        self,
        context: Any,  # noqa: ARG002 - MLflow passes it
        model_input,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Columns label and probability; with params {"top_k": k} also label_2, probability_2 … for the next best.

        model_input: a frame or records with the column text, or just a list of texts; of a model of pairs, a frame or
        records with the columns text and pair. Raises MlflowException for anything else.
        """
        pairs = "pair" in self.model.input.columns
        probabilities = self.model.predict(_pairs(model_input) if pairs else _texts(model_input))
        top_k = min(max(1, int((params or {}).get("top_k", 1))), len(self.model.labels))
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :top_k]
        columns: dict[str, Any] = {}
        for rank in range(top_k):
            suffix = f"_{rank + 1}" if rank else ""
            chosen = order[:, rank]
            columns[f"label{suffix}"] = [self.model.labels[index] for index in chosen]
            columns[f"probability{suffix}"] = probabilities[np.arange(len(chosen)), chosen].astype(np.float64)
        return pd.DataFrame(columns)


def _texts(given: Any) -> list[str]:
    """The texts in whatever MLflow hands on. Never a guess: a frame of several columns must name one of them text."""
    if _column(given, "pair") is not None:
        raise MlflowException.invalid_parameter_value("This model reads single texts: leave the column pair out.")
    if isinstance(given, pd.DataFrame):
        given = given["text"] if "text" in given else given.squeeze(axis=1)
    elif isinstance(given, Mapping):
        given = given.get("text")
    elif isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        given = [row.get("text") for row in given]
    texts = [given] if isinstance(given, str) else list(given) if np.ndim(given) == 1 else [None]
    if not all(isinstance(text, str) for text in texts):
        raise MlflowException.invalid_parameter_value(
            "Give texts: a list of strings, or a frame or records with the column text, e.g. "
            '{"inputs": ["where is my order"]}.'
        )
    return [str(text) for text in texts]


def _pairs(given: Any) -> list[tuple[str, str]]:
    """The pairs in whatever MLflow hands on that names their columns."""
    columns = [_column(given, name) for name in ("text", "pair")]
    texts, pairs = ([each] if isinstance(each, str) else each for each in columns)
    named = texts is not None and pairs is not None and len(texts) == len(pairs)
    if not named or not all(isinstance(each, str) for each in [*texts, *pairs]):
        raise MlflowException.invalid_parameter_value(
            "This model reads pairs of texts: give a frame or records with the columns text and pair, e.g. "
            '{"inputs": [{"text": "a man sleeps", "pair": "nobody is awake"}]}.'
        )
    return [(str(text), str(pair)) for text, pair in zip(texts, pairs, strict=True)]


def _column(given: Any, name: str) -> Any:
    """The values of a frame's, mapping's or list of records' column; None if there is none of that name."""
    if isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        return [row.get(name) for row in given] if any(name in row for row in given) else None
    if not isinstance(given, pd.DataFrame | Mapping) or name not in given:
        return None
    return given[name] if isinstance(given[name], str) else list(given[name])


set_model(TextClassifier())
