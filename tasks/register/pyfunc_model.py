"""The registered model as MLflow runs it: texts or pairs → answers. Kept as code, never a pickle."""

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
from tasks.targets.served import Predicted


class TextClassifier(mlflow.pyfunc.PythonModel):
    """One text a row in, or a pair; the target's answer out."""

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
        """The columns of the target's `served`; of one label a row label and probability, and with params {"top_k": k}
        also label_2, probability_2 … for the next best. params {"outputs": true}: the columns answer, in the form that
        tables keep, and outputs, the numbers behind it, alone.

        model_input: a frame or records with the column text, or just a list of texts; of a model of pairs, a frame or
        records with the columns text and pair. Raises MlflowException for anything else.
        """
        plain = model_input.tolist() if isinstance(model_input, np.ndarray) else model_input
        given = _pairs(plain) if "pair" in self.model.input.columns else _texts(plain)
        model, target, wanted = self.model, self.model.target, params or {}
        outputs = model.predict([target.readable(each) if isinstance(each, str) else each for each in given])
        if wanted.get("outputs"):
            return pd.DataFrame({"answer": model.answers(outputs), "outputs": [each.tolist() for each in outputs]})
        texts = [each if isinstance(each, str) else each[0] for each in given]
        predicted = Predicted(texts, outputs, model.answers(outputs), model.labels, model.decision)
        return pd.DataFrame(target.served(predicted, int(wanted.get("top_k", 1))))


def _texts(given: Any) -> list[str]:
    """The texts in whatever MLflow hands on. Never a guess: a frame of several columns must name one of them text."""
    if _column(given, "pair") is not None:
        raise MlflowException.invalid_parameter_value("This model reads single texts: leave the column pair out.")
    if isinstance(given, pd.DataFrame) and len(given.columns) == 1:
        values = list(given.iloc[:, 0])
    elif isinstance(given, pd.DataFrame | Mapping) or _is_records(given):
        values = _column(given, "text")
    else:
        values = given
    texts = _listed(values)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise MlflowException.invalid_parameter_value(
            "Give texts: a list of strings, or a frame or records with the column text, e.g. "
            '{"inputs": ["where is my order"]}.'
        )
    return [str(text) for text in texts]


def _pairs(given: Any) -> list[tuple[str, str]]:
    """The pairs in whatever MLflow hands on that names their columns."""
    texts, pairs = (_listed(_column(given, name)) for name in ("text", "pair"))
    named = bool(texts) and len(texts) == len(pairs)
    if not named or not all(isinstance(each, str) for each in [*texts, *pairs]):
        raise MlflowException.invalid_parameter_value(
            "This model reads pairs of texts: give a frame or records with the columns text and pair, e.g. "
            '{"inputs": [{"text": "a man sleeps", "pair": "nobody is awake"}]}.'
        )
    return [(str(text), str(pair)) for text, pair in zip(texts, pairs, strict=True)]


def _column(given: Any, name: str) -> Any:
    """The values of a frame's, mapping's or list of records' column; None if there is none of that name."""
    if _is_records(given):
        return [row.get(name) for row in given] if any(name in row for row in given) else None
    if not isinstance(given, pd.DataFrame | Mapping) or name not in given:
        return None
    return given[name]


def _is_records(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(isinstance(row, Mapping) for row in given)


def _listed(values: Any) -> list[Any]:
    """One value or several as a list; [] for what is neither. MLflow's server hands on single values as arrays of no
    dimension."""
    if isinstance(values, np.ndarray | pd.Series):
        values = values.tolist()
    if isinstance(values, str):
        return [values]
    each = values if isinstance(values, list | tuple) else []
    return [value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value for value in each]


set_model(TextClassifier())
