"""What a strategy stores is small beside the base it sits on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from tasks.config import load_config
from tasks.model.base import find_base
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.files import save_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy

SMALL = [kind() for kind in get_args(get_args(AnyStrategy)[0]) if kind.__name__ not in ("Full", "Partial")]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> BaseSettings:
    """The base that finetrace ships with."""
    base = load_config(Path(__file__).parents[3] / "params.yaml").base
    return replace(base, folder=str(find_base(base, tmp_path_factory.mktemp("none"))))


@pytest.mark.parametrize("strategy", SMALL, ids=lambda strategy: strategy.kind)
def test_what_is_stored_takes_less_than_a_twentieth_of_the_base(
    strategy: Any, embedded: BaseSettings, tmp_path: Path
) -> None:
    """With 77 labels; the base is named by id and digest, so that it can be found again."""
    folder, model_folder = Path(str(embedded.folder)), tmp_path / "model"
    labels = [str(number) for number in range(77)]
    state = learned_state(build_classifier(folder, strategy, 77, "sdpa"))
    save_model(model_folder, state, base=embedded, base_folder=folder, strategy=strategy, labels=labels)
    stored = (model_folder / "weights.safetensors").stat().st_size
    assert stored < 0.05 * (folder / "model.safetensors").stat().st_size
    about = json.loads((model_folder / "about.json").read_text(encoding="utf-8"))
    assert (about["base"]["sha256"], about["base"]["id"]) == (embedded.sha256, embedded.id)
