"""What every monitor promises: it only looks, it remembers across a kill, and its numbers are numbers."""

import math
import typing
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from tokenizers import Tokenizer

from tasks.errors import SettingsError
from tasks.finetune.loop import fit
from tasks.finetune.monitors import AnyMonitor
from tasks.finetune.monitors.attention import Attention
from tasks.finetune.monitors.convergence import Convergence
from tasks.finetune.monitors.forgetting import Forgetting
from tasks.finetune.monitors.gradient_flow import GradientFlow
from tasks.finetune.monitors.label_noise import LabelNoise
from tasks.finetune.monitors.looking_on import start_watchers
from tasks.finetune.monitors.representation_drift import RepresentationDrift
from tasks.finetune.plan import make_plan
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.training import Training
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prefix import Prefix
from tasks.model.strategies.prompt import Prompt
from tasks.model.tokenizer import load_tokenizer
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of

KINDS: tuple[Any, ...] = typing.get_args(typing.get_args(AnyMonitor)[0])
EVERY = tuple(kind() for kind in KINDS)
SETTINGS = FinetuneSettings(
    strategy=Full(), epochs=3, batch_tokens=128, precision="float32", dropout=0.1, checkpoint_steps=2, monitors=EVERY
)
PLACES = ["embeddings", "layer 1", "layer 2", "layer 3"]
LEARNING = [*PLACES, "head"]  # the tiny base has no final norm
PROMISED: dict[str, list[str]] = {
    "convergence": ["gap", "val_loss_error", "val_loss_fall"],
    "label_noise": ["least_share", "share"],
    "gradient_flow": [f"{what}/{name}" for what in ("gradient_norm", "update_ratio") for name in LEARNING],
    "attention": [f"{what}/{name}" for what in ("entropy", "distance") for name in PLACES[1:]],
    "representation_drift": ["spread", *(f"{what}/{name}" for what in ("cka", "cosine") for name in PLACES)],
    "forgetting": ["neighbours_kept", "topic_accuracy"],
}
OTHER: dict[str, dict[str, Any]] = {
    "convergence": {"spike": 2.0, "still_falling": 0.3, "overfitting": 0.5, "plateau_epochs": 7},
    "label_noise": {"largest_share": 0.3},
    "gradient_flow": {"samples": 9, "explosion": 5.0},
    "attention": {"rows": 5, "smallest_share": 0.2},
    "representation_drift": {"rows": 9, "smallest_spread": 0.2},
    "forgetting": {"largest_drop": 0.3},
}


def watched(
    paths: Paths, settings: FinetuneSettings, base: BaseSettings, spoil: Callable[[Training], None] | None = None
) -> tuple[Training, Progress]:
    """A training and how it ended, every monitor of the settings on; `spoil` plants a fault before the first step."""
    from pathlib import Path

    tokenizer: Tokenizer = load_tokenizer(Path(str(base.folder)), base.max_tokens)
    training, progress = training_of(paths, settings, base, tokenizer=tokenizer), Progress()
    training.watchers = start_watchers(training, progress)
    if spoil:
        spoil(training)
    return training, fit(training, progress)


def test_every_monitor_has_a_case_here() -> None:
    kinds = {each.kind for each in EVERY}
    assert kinds == PROMISED.keys() == OTHER.keys()
    for each in EVERY:
        assert OTHER[each.kind].keys() == {field.name for field in fields(each)} - {"kind"}


WAYS: dict[str, dict[str, Any]] = {
    "full": {},
    "full in bfloat16": {"precision": "bfloat16"},
    "partial from stored states": {"strategy": Partial(layers=1)},
    "partial without": {"strategy": Partial(layers=2), "cache_gigabytes": 0.0},
    "lora": {"strategy": Lora(dropout=0.2)},
    "prompt": {"strategy": Prompt(tokens=3)},
    "thawing from stored states": {"thaw": ByEpoch()},
    "freezing": {"thaw": FreezeOut()},
}


@pytest.mark.parametrize("way", WAYS)
def test_weights_with_every_monitor_on_are_bit_identical_to_weights_without(
    way: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(SETTINGS, **WAYS[way])
    with_all, looked = watched(learnable, settings, tiny_base)
    without, alone = watched(learnable, replace(settings, monitors=()), tiny_base)
    assert looked.history == alone.history
    theirs = dict(without.model.named_parameters())
    for name, parameter in with_all.model.named_parameters():
        assert torch.equal(parameter, theirs[name]), name
    assert looked.best.keys() == alone.best.keys()
    assert all(torch.equal(looked.best[name], alone.best[name]) for name in alone.best)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", PROMISED)
def test_every_epoch_has_the_promised_numbers_and_all_are_finite(
    kind: str, way: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    chosen = tuple(each for each in EVERY if each.kind == kind)
    _, progress = watched(learnable, replace(SETTINGS, **WAYS[way], monitors=chosen), tiny_base)
    epochs = [each for each in progress.notes[kind]["epochs"] if each["epoch"]]
    assert [each["epoch"] for each in epochs] == [1, 2, 3]
    assert all(math.isfinite(value) for each in epochs for value in each.values())
    promised = set(PROMISED[kind])
    if kind == "gradient_flow":  # what does not learn in an epoch has no numbers in it
        assert all(promised >= each.keys() - {"epoch", "step"} != set() for each in epochs)
    else:
        assert epochs[-1].keys() == promised | {"epoch", "step"}


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, keys in OTHER.items() for key in keys])
def test_every_setting_of_a_monitor_changes_the_plan(
    kind: str, key: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    usual = next(each for each in EVERY if each.kind == kind)
    settings = FinetuneSettings(precision="float32", batch_tokens=64, monitors=(usual,))
    changed = replace(settings, monitors=(replace(usual, **{key: OTHER[kind][key]}),))
    loops = [make_plan(learnable, each, tiny_base)["loop"] for each in (settings, changed)]
    assert loops[0] != loops[1]


def test_by_default_only_what_is_nearly_free_looks_on() -> None:
    assert FinetuneSettings().monitors == (Convergence(),)


def test_a_monitor_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="attention is there more than once"):
        TypeAdapter(FinetuneSettings).validate_python({"monitors": [{"kind": "attention"}, {"kind": "attention"}]})


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet", "electra"])
def test_every_monitor_looks_at_every_architecture(
    kind: str, learnable: Paths, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    for strategy in (Full(), Partial(layers=1)):
        settings = replace(SETTINGS, strategy=strategy, epochs=1)
        _, progress = watched(learnable, settings, tiny_bases(kind))
        assert all(math.isfinite(value) for each in EVERY for value in progress.notes[each.kind]["epochs"][-1].values())


def test_virtual_keys_and_values_are_no_places_of_a_text(learnable: Paths, tiny_bases: Any) -> None:
    settings = replace(SETTINGS, strategy=Prefix(tokens=4), epochs=1)
    _, progress = watched(learnable, settings, tiny_bases("bert"))
    assert len(progress.notes["attention"]["epochs"]) == 2


def test_a_base_that_hands_out_no_attention_is_refused_in_one_line(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.model.attention.attention_weights", lambda output: [])
    settings = replace(SETTINGS, monitors=(Attention(),))
    for act in (lambda: make_plan(learnable, settings, tiny_base), lambda: watched(learnable, settings, tiny_base)):
        with pytest.raises(SettingsError, match=r"finetune\.monitors: attention needs attention weights.*BertModel"):
            act()


def test_layers_that_run_from_stored_states_are_told_as_they_started(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(SETTINGS, strategy=Partial(layers=1))
    training, progress = watched(learnable, settings, tiny_base)
    assert training.train.states is not None
    last = progress.notes["representation_drift"]["epochs"][-1]
    assert [last[f"cka/{name}"] for name in PLACES[:3]] == [1.0, 1.0, 1.0]
    assert last["cka/layer 3"] < 1.0
    assert last["cosine/layer 3"] < 1.0 == last["cosine/layer 2"]
    kept = [each["neighbours_kept"] for each in progress.notes["forgetting"]["epochs"]]
    assert kept[-1] < 1.0 == kept[0]
    heads = progress.notes["attention"]["heads"]
    assert heads["3"][:2] == heads["0"][:2]
    assert set(progress.notes["gradient_flow"]["epochs"][-1]) >= {"gradient_norm/layer 3", "gradient_norm/head"}
    assert "gradient_norm/layer 2" not in progress.notes["gradient_flow"]["epochs"][-1]


def test_stored_states_show_what_running_every_layer_shows(learnable: Paths, tiny_base: BaseSettings) -> None:
    seen = []
    for gigabytes in (0.0, 8.0):
        settings = replace(SETTINGS, strategy=Partial(layers=1), cache_gigabytes=gigabytes, dropout=0.0)
        seen.append(watched(learnable, settings, tiny_base)[1].notes)
    for kind in ("attention", "representation_drift", "forgetting"):
        for one, other in zip(seen[0][kind]["epochs"], seen[1][kind]["epochs"], strict=True):
            assert other == pytest.approx(one, abs=2e-3)


def test_only_the_main_process_looks(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accelerate import Accelerator

    training = training_of(learnable, SETTINGS, tiny_base)
    monkeypatch.setattr(Accelerator, "is_main_process", False)
    assert start_watchers(training, Progress()) == {}


def test_words_that_no_row_holds_are_read_as_pre_trained(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, monitors=()), tiny_base)
    table = training.model.encoder.get_input_embeddings()  # type: ignore[operator]
    assert training.words is not None
    unseen = next(
        number for number in range(64) if number not in {n for row in training.train.examples.ids for n in row}
    )
    narrow = table.weight
    with training.words.whole():
        whole = training_of(learnable, replace(SETTINGS, monitors=()), tiny_base, narrow=False)
        expected = whole.model.encoder.get_input_embeddings().weight[unseen]  # type: ignore[operator]
        assert torch.equal(table(torch.tensor([unseen]))[0], expected)
    assert table.weight is narrow


@pytest.mark.parametrize("settings", [LabelNoise(), GradientFlow(), RepresentationDrift(), Forgetting()])
def test_a_monitor_is_read_from_settings_by_its_kind(settings: Any) -> None:
    read = TypeAdapter(FinetuneSettings).validate_python({"monitors": [{"kind": settings.kind}]})
    assert read.monitors == (settings,)
