"""A registered model behind MLflow's scoring server: every form of a request that MLflow documents, and bad ones."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from tasks.inputs import INPUTS
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.files import save_model
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.register.package import build_package

PAIRS = [("where is my parcel", "it is late"), ("refund please", "the order is lost")]
TEXTS = [text for text, _ in PAIRS]
Post = Callable[..., Any]


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """The module's models, each loaded once."""
    return {}


def served(built: dict[str, Any], workspace: Any, folder: Path, kind: str) -> Post:
    """What the scoring server answers to a request; parsed by its own code, as `mlflow models serve` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of itself when it is imported
        import mlflow.pyfunc
        from mlflow.pyfunc import scoring_server
    if kind not in built:
        build(workspace, folder, kind)
        built[kind] = mlflow.pyfunc.load_model(str(folder))
    model = built[kind]

    def post(body: Any, content_type: str = "application/json") -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        found = scoring_server.invocations(text, content_type, model, model.metadata.get_input_schema())
        assert found.status == 200
        return json.loads(found.response)["predictions"]

    return post


def build(workspace: Any, folder: Path, kind: str) -> None:
    base = workspace.paths.root / "base"
    model = build_classifier(base, FeatureExtraction(), 2, "sdpa", row_input=INPUTS[kind])
    save_model(
        workspace.paths.model, learned_state(model), base=workspace.base, base_folder=base,
        strategy=FeatureExtraction(), labels=["a", "b"], row_input=model.input,
    )  # fmt: skip
    paths = workspace.paths
    build_package(folder, model=paths.model, base=workspace.base, root=paths.root, mlflow_model=Model())


@pytest.fixture
def of_texts(built: dict[str, Any], workspace: Any, tmp_path: Path) -> Post:
    return served(built, workspace, tmp_path / "package", "text")


@pytest.fixture
def of_pairs(built: dict[str, Any], workspace: Any, tmp_path: Path) -> Post:
    return served(built, workspace, tmp_path / "package", "pair")


FORMS_OF_TEXTS: dict[str, Any] = {
    "inputs, records": {"inputs": [{"text": text} for text in TEXTS]},
    "inputs, columns": {"inputs": {"text": TEXTS}},
    "instances, values": {"instances": TEXTS},
    "instances, records": {"instances": [{"text": text} for text in TEXTS]},
    "dataframe_split": {"dataframe_split": {"columns": ["text"], "data": [[text] for text in TEXTS]}},
    "dataframe_split with an index": {
        "dataframe_split": {
            "index": [5, 3],
            "columns": ["id", "text"],
            "data": [[n, text] for n, text in enumerate(TEXTS)],
        }
    },
    "dataframe_split of one column without a name": {"dataframe_split": {"data": [[text] for text in TEXTS]}},
    "dataframe_records": {"dataframe_records": [{"text": text} for text in TEXTS]},
}


@pytest.mark.parametrize("form", FORMS_OF_TEXTS)
def test_texts_are_taken_in_every_form_that_mlflow_documents(of_texts: Post, form: str) -> None:
    plain = of_texts({"inputs": TEXTS})
    assert [set(each) for each in plain] == [{"label", "probability"}] * 2
    assert of_texts(FORMS_OF_TEXTS[form]) == plain


def test_texts_are_taken_as_csv_and_alone(of_texts: Post) -> None:
    plain = of_texts({"inputs": TEXTS})
    assert of_texts(pd.DataFrame({"text": TEXTS}).to_csv(index=False), "text/csv") == plain
    assert of_texts({"inputs": TEXTS[0]}) == of_texts({"inputs": TEXTS[:1]})


def test_parameters_go_with_every_form(of_texts: Post) -> None:
    for form in ({"inputs": TEXTS}, {"instances": TEXTS}, FORMS_OF_TEXTS["dataframe_records"]):
        assert "label_2" in of_texts(form | {"params": {"top_k": 2}})[0]


RECORDS = [{"text": text, "pair": pair} for text, pair in PAIRS]
FORMS_OF_PAIRS: dict[str, Any] = {
    "inputs, columns": {"inputs": {"text": TEXTS, "pair": [pair for _, pair in PAIRS]}},
    "instances, records": {"instances": RECORDS},
    "dataframe_split": {
        "dataframe_split": {"columns": ["pair", "text"], "data": [[pair, text] for text, pair in PAIRS]}
    },
    "dataframe_records": {"dataframe_records": RECORDS},
}


@pytest.mark.parametrize("form", FORMS_OF_PAIRS)
def test_pairs_are_taken_in_every_form_that_names_columns(of_pairs: Post, form: str) -> None:
    plain = of_pairs({"inputs": RECORDS})
    assert len(plain) == 2
    assert of_pairs(FORMS_OF_PAIRS[form]) == plain


BAD: dict[str, Any] = {
    "numbers": {"inputs": [1, 2]},
    "null": {"instances": [None]},
    "lists of lists": {"inputs": [["a"], ["b"]]},
    "another column": {"inputs": [{"message": "a"}]},
    "several columns, none of them text": {"dataframe_split": {"columns": ["id", "body"], "data": [["1", "a"]]}},
    "a text that is missing": {"dataframe_records": [{"text": "a"}, {"id": 1}]},
    "texts and records mixed": {"inputs": ["a", {"text": "b"}]},
    "nothing": {"inputs": []},
}


@pytest.mark.parametrize("form", BAD)
def test_a_request_that_holds_no_texts_is_refused_in_one_clear_line(of_texts: Post, form: str) -> None:
    with pytest.raises(MlflowException) as told:
        of_texts(BAD[form])
    reason = str(told.value).rpartition("\nError: ")[2]
    assert reason.startswith("Give texts: ")
    assert "\n" not in reason
    assert told.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": TEXTS},
        {"instances": [["a", "b"]]},
        {"dataframe_split": {"data": [["a", "b"]]}},
        {"inputs": [{"text": "a"}]},
        {"inputs": []},
        {"dataframe_records": [{"text": "a", "pair": 1}]},
    ],
)
def test_a_request_that_holds_no_pairs_is_refused_in_one_clear_line(of_pairs: Post, body: Any) -> None:
    with pytest.raises(MlflowException) as told:
        of_pairs(body)
    reason = str(told.value).rpartition("\nError: ")[2]
    assert reason.startswith("This model reads pairs of texts: ")
    assert "\n" not in reason
