"""A registered model of pairs: what it takes, what it refuses, and a champion of the other kind."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from tasks.errors import SettingsError
from tasks.inputs import INPUTS
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.files import save_model
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.register.champion import find_version, predict_with
from tasks.register.package import build_package, open_package
from tasks.register.stage import run
from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget
from tasks.texts import Text
from tasks.tracking import open_store

PAIRS: list[Text] = [("where is my parcel", "it is late"), ("refund please", "the order is lost")]
FRAME = pd.DataFrame(PAIRS, columns=["text", "pair"])


@pytest.fixture
def of_pairs(workspace: Any, tmp_path: Path) -> Path:
    """The package of a model of pairs."""
    base = workspace.paths.root / "base"
    torch.manual_seed(3)
    model = build_classifier(base, FeatureExtraction(), 2, "sdpa", row_input=INPUTS["pair"])
    torch.nn.init.normal_(model.head.weight, std=3.0)
    save_model(
        workspace.paths.model, learned_state(model), base=workspace.base, base_folder=base,
        strategy=FeatureExtraction(), labels=["a", "b"], row_input=model.input,
    )  # fmt: skip
    folder = tmp_path / "package"
    build_package(
        folder, model=workspace.paths.model, base=workspace.base, root=workspace.paths.root, mlflow_model=Model()
    )
    shutil.rmtree(workspace.paths.model)
    return folder


def load(folder: Path) -> Any:
    import mlflow.pyfunc  # late: it warns of itself, and building has imported it in silence

    return mlflow.pyfunc.load_model(str(folder))


def test_frames_records_and_columns_of_pairs_give_the_same(of_pairs: Path) -> None:
    model = load(of_pairs)
    assert model.metadata.metadata == {"columns": ["text", "pair"]}
    expected = open_package(of_pairs).predict(PAIRS).max(axis=1)
    given = [FRAME, FRAME[["pair", "text"]], FRAME.to_dict("records"), FRAME.to_dict("list")]
    for each in given:
        np.testing.assert_allclose(model.predict(each)["probability"], expected, rtol=1e-5)
    assert len(model.predict({"text": "refund", "pair": "late"})) == 1


@pytest.mark.parametrize(
    "given",
    [
        ["refund"],
        "refund",
        pd.DataFrame({"text": ["refund"]}),
        [{"text": "refund"}],
        {"text": ["a", "b"], "pair": ["c"]},
        pd.DataFrame({"text": ["refund"], "pair": [None]}),
        [["refund", "late"]],
    ],
)
def test_single_texts_are_refused_in_a_line(given: Any, of_pairs: Path) -> None:
    with pytest.raises(MlflowException, match=r"reads pairs of texts: give a frame or records with .* text and pair"):
        load(of_pairs).predict(given)


def test_a_model_of_single_texts_refuses_pairs_in_a_line(workspace: Any, tmp_path: Path) -> None:
    paths, folder = workspace.paths, tmp_path / "single"
    build_package(folder, model=paths.model, base=workspace.base, root=paths.root, mlflow_model=Model())
    with pytest.raises(MlflowException, match=r"reads single texts: leave the column pair out\."):
        load(folder).predict(FRAME)


def test_a_champion_of_another_input_or_target_is_refused_and_says_what_to_do(workspace: Any) -> None:
    run(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
    store = open_store(workspace.paths)
    champion = find_version(store, "tiny", "champion")
    assert champion is not None
    with pytest.raises(SettingsError, match=r"reads single texts, .* Give this model a name of its own\."):
        predict_with(store, "tiny", champion, LabelTarget(), PAIRS)
    with pytest.raises(SettingsError, match=r"answers one label, and this model a number, .* a name of its own\."):
        predict_with(store, "tiny", champion, NumberTarget(), ["refund"])
