"""Every strategy: what plan says learns does, nothing else does, and what was saved is what was trained."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from tasks.finetune import stage, watching
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.model.classifier import build_classifier
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.lora import Lora
from tasks.paths import Paths
from tasks.table import SPLIT, read_table
from tasks.targets import LabelTarget
from tests.elsewhere import Elsewhere

STRATEGIES = [kind() for kind in get_args(get_args(AnyStrategy)[0])]
LOOPED = [strategy for strategy in STRATEGIES if strategy.kind != "feature_extraction"]
QUICK = FinetuneSettings(epochs=2, batch_tokens=128, precision="float32", checkpoint_steps=1000)

each_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.kind)


@pytest.fixture(autouse=True)
def _no_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracking has its own tests; here a training must not cost a database."""
    from contextlib import nullcontext

    import tasks.tracking

    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))


def texts_of(paths: Paths) -> list[str]:
    return list(read_table(paths.test, SPLIT)["text"].to_pylist())


@each_strategy
def test_only_what_the_plan_says_moves(strategy: AnyStrategy, learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(QUICK, strategy=strategy)
    start = prepare(learnable, settings, tiny_base)
    before = {name: p.detach().clone() for name, p in start.model.named_parameters() if name.startswith("encoder.")}
    learns = {name for name, p in start.model.named_parameters() if p.requires_grad}
    planned = sum(row["trainable"] for row in make_plan(learnable, settings, tiny_base)["depths"])
    fit = stage._fit_head if strategy.kind == "feature_extraction" else stage._fit_layers
    fit(start, watching.Watch(None, None))
    after = dict(start.model.named_parameters())
    for name, weights in before.items():
        assert torch.equal(weights, after[name]) == (name not in learns), name
    assert planned == sum(after[name].numel() for name in learns)


def test_a_model_loaded_in_a_fresh_process_gives_the_trained_logits(
    learnable: Paths, tiny_base: BaseSettings, elsewhere: Elsewhere
) -> None:
    """For one strategy; tests/unit/model/test_every_strategy.py does it for all."""
    stage.run(learnable, finetune=replace(QUICK, strategy=Lora()), base=tiny_base)
    here = load_model(learnable.model, tiny_base).predict(texts_of(learnable))
    np.testing.assert_allclose(here, elsewhere.predict(learnable.model, texts_of(learnable)), atol=1e-6)


@each_strategy
def test_the_saved_model_predicts_what_the_trained_one_does(
    strategy: AnyStrategy, learnable: Paths, tiny_base: BaseSettings
) -> None:
    """Catches a head that was not saved, and a merge that changes the outputs."""
    report = stage.run(learnable, finetune=replace(QUICK, strategy=strategy), base=tiny_base)
    val = read_table(learnable.val, SPLIT)
    model = load_model(learnable.model, tiny_base)
    predicted = [model.labels[number] for number in model.predict(val["text"].to_pylist()).argmax(1)]
    accuracy = np.mean([one == other for one, other in zip(predicted, val["label"].to_pylist(), strict=True)])
    assert accuracy == pytest.approx(report["history"][report["best_epoch"] - 1]["val_accuracy"])


@pytest.mark.parametrize("strategy", [FeatureExtraction(), Lora()], ids=lambda strategy: strategy.kind)
def test_the_saved_models_probabilities_are_those_of_its_logits_divided_once_by_what_suits_val(
    strategy: AnyStrategy, learnable: Paths, tiny_base: BaseSettings
) -> None:
    val = read_table(learnable.val, SPLIT)
    reports, said = [], []
    for calibrate in (False, True):
        settings = replace(QUICK, strategy=strategy, calibrate=calibrate, head_learning_rate=0.05)
        reports.append(stage.run(learnable, finetune=settings, base=tiny_base))
        model = load_model(learnable.model, tiny_base)
        said.append(torch.from_numpy(model.predict(val["text"].to_pylist())))
    labels = torch.tensor([model.labels.index(label) for label in val["label"].to_pylist()])
    temperature = LabelTarget().fit_temperature(said[0].log(), labels)
    assert [each["temperature"] for each in reports] == [1.0, pytest.approx(temperature, rel=1e-2)]
    assert temperature != pytest.approx(1.0, abs=0.05)
    torch.testing.assert_close(said[1], (said[0].log() / temperature).softmax(-1), atol=0.01, rtol=0.01)


@each_strategy
def test_the_same_inputs_give_the_same_bytes(strategy: AnyStrategy, learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(QUICK, strategy=strategy)
    first = stage.run(learnable, finetune=settings, base=tiny_base)["model_digest"]
    second = stage.run(learnable, finetune=settings, base=tiny_base)["model_digest"]
    assert first == second


@pytest.mark.parametrize("strategy", LOOPED, ids=lambda strategy: strategy.kind)
def test_one_step_lowers_the_loss_on_a_fixed_batch(strategy: AnyStrategy, tiny_base: BaseSettings) -> None:
    from tasks.finetune.groups import make_optimizer

    torch.manual_seed(0)
    model = build_classifier(Path(str(tiny_base.folder)), strategy, 3, "sdpa").eval()
    settings = replace(QUICK, strategy=strategy, learning_rate=1e-3)
    optimizer = make_optimizer(model, settings, torch.device("cpu"))
    ids, labels = torch.randint(4, 24, (6, 7)), torch.tensor([0, 1, 2, 0, 1, 2])
    losses = []
    for _ in range(2):
        loss = torch.nn.functional.cross_entropy(model(ids, torch.ones_like(ids)), labels)
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[1] < losses[0]


def test_an_adapter_is_small_beside_its_base(learnable: Paths, tmp_path: Path) -> None:
    """Under 5 % on disk, on the embedded base."""
    from tasks.config import load_config
    from tasks.model.base import find_base
    from tasks.model.classifier import learned_state
    from tasks.model.files import save_model
    from tasks.model.strategies.lora import Lora

    base = load_config(Path(__file__).parents[3] / "params.yaml").base
    folder = find_base(base, tmp_path)
    model = build_classifier(folder, Lora(), 16, "sdpa")
    save_model(tmp_path / "m", learned_state(model), base=base, base_folder=folder, strategy=Lora(), labels=["a"] * 16)
    adapter = (tmp_path / "m" / "weights.safetensors").stat().st_size
    assert adapter < 0.05 * (folder / "model.safetensors").stat().st_size


def test_more_layers_than_the_base_has_are_refused(learnable: Paths, tiny_base: BaseSettings) -> None:
    from tasks.errors import SettingsError
    from tasks.model.strategies.partial import Partial

    with pytest.raises(SettingsError, match=r"finetune\.strategy\.layers: 9, but the base has 3"):
        stage.run(learnable, finetune=replace(QUICK, strategy=Partial(layers=9)), base=tiny_base)
