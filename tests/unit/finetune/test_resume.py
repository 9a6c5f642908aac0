"""Killed and resumed gives the same bits, or is refused with the reason."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

import tasks.tracking
from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.finetune import checkpoint, stage
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.thaws.at_once import AtOnce
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.thaws.on_plateau import OnPlateau
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.adalora import AdaLora
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths

SETTINGS = FinetuneSettings(
    strategy=Partial(layers=2), epochs=3, batch_tokens=128, precision="float32", checkpoint_steps=2
)


LOOPED = [kind() for kind in get_args(get_args(AnyStrategy)[0]) if kind.__name__ != "FeatureExtraction"]


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@pytest.fixture(autouse=True)
def _no_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))


@pytest.fixture
def kill_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that makes the training die right after its n-th checkpoint."""
    original = checkpoint.Checkpoints.save

    def arm(count: int) -> None:
        left = [count]

        def save(self: Any, *args: Any) -> None:
            original(self, *args)
            left[0] -= 1
            if left[0] == 0:
                monkeypatch.setattr(checkpoint.Checkpoints, "save", original)
                raise Killed

        monkeypatch.setattr(checkpoint.Checkpoints, "save", save)

    yield arm
    monkeypatch.setattr(checkpoint.Checkpoints, "save", original)


def train(paths: Paths, base: BaseSettings, settings: FinetuneSettings = SETTINGS) -> dict[str, Any]:
    from accelerate.state import AcceleratorState, PartialState

    AcceleratorState._reset_state(reset_partial_state=True)
    PartialState._reset_state()
    return stage.run(paths, finetune=settings, base=base)


def killed_training(paths: Paths, base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of checkpoints that a training killed in its third epoch leaves."""
    kill_after(5)
    with pytest.raises(Killed):
        train(paths, base)
    (folder,) = paths.checkpoints.iterdir()
    return folder


@pytest.mark.parametrize(
    ("strategy", "precision"),
    [(Partial(layers=2), "float32"), (Lora(dropout=0.2), "float32"), (Lora(), "bfloat16"), (Full(), "bfloat16")],
    ids=lambda value: getattr(value, "kind", value),
)
@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_training_killed_anywhere_ends_in_the_same_bits_and_numbers(
    strategy: Any, precision: Any, count: int, learnable: Paths, tiny_base: BaseSettings, kill_after: Any,
    monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    settings = replace(SETTINGS, strategy=strategy, precision=precision)
    whole = train(learnable, tiny_base, settings)
    kill_after(count)
    with pytest.raises(Killed):
        train(learnable, tiny_base, settings)
    resumed = train(learnable, tiny_base, settings)
    assert resumed["model_digest"] == whole["model_digest"]
    assert resumed["history"] == whole["history"]  # train_loss included


@pytest.mark.parametrize("thaw", [ByEpoch(), OnPlateau(smallest_gain=0.5), FreezeOut()], ids=lambda thaw: thaw.kind)
@pytest.mark.parametrize("count", [1, 4, 6])
def test_a_training_killed_while_layers_thaw_ends_in_the_same_bits(
    thaw: Any, count: int, learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, strategy=Full(), thaw=thaw)
    whole = train(learnable, tiny_base, settings)
    kill_after(count)
    with pytest.raises(Killed):
        train(learnable, tiny_base, settings)
    resumed = train(learnable, tiny_base, settings)
    assert (resumed["model_digest"], resumed["history"]) == (whole["model_digest"], whole["history"])


@pytest.mark.parametrize(
    ("strategy", "count"),
    [*((strategy, 3) for strategy in LOOPED), (AdaLora(), 1)],
    ids=lambda value: getattr(value, "kind", value),
)
def test_every_strategy_killed_in_mid_epoch_while_layers_thaw_ends_in_the_same_bits(
    strategy: Any,
    count: int,
    learnable: Paths,
    tiny_base: BaseSettings,
    kill_after: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight steps, a checkpoint after every other; adalora's ranks are settled at the sixth."""
    thaw = AtOnce() if strategy.compares_layers else ByEpoch(start=1, layers=3)
    settings = replace(SETTINGS, strategy=strategy, epochs=2, thaw=thaw)
    whole = train(learnable, tiny_base, settings)
    assert whole["steps"] == 8
    kill_after(count)
    with pytest.raises(Killed):
        train(learnable, tiny_base, settings)
    (file,) = learnable.checkpoints.glob(f"*/step-{2 * count:08d}/progress.json")
    assert read_json(file)["position"] == 2  # of four
    resumed = train(learnable, tiny_base, settings)
    assert (resumed["model_digest"], resumed["history"]) == (whole["model_digest"], whole["history"])


def test_a_resumed_training_does_not_start_over(
    learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    killed_training(learnable, tiny_base, kill_after, monkeypatch)
    with caplog.at_level(logging.INFO):
        train(learnable, tiny_base)
    assert "goes on from step" in caplog.text


def test_a_half_saved_checkpoint_is_passed_over_by_name(
    learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    whole = train(learnable, tiny_base)
    folder = killed_training(learnable, tiny_base, kill_after, monkeypatch)
    newest = sorted(folder.glob("step-*"))[-1]
    (newest / "manifest.json").unlink()
    (newest / "random.safetensors").unlink()
    assert train(learnable, tiny_base)["model_digest"] == whole["model_digest"]
    assert f"{newest.name} lacks manifest.json, random.safetensors" in caplog.text


@pytest.mark.parametrize("name", ["optimizer", "random", "weights", "best"])
def test_a_checkpoint_that_lacks_a_part_is_never_used(
    name: str, learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    folder = killed_training(learnable, tiny_base, kill_after, monkeypatch)
    for step in folder.glob("step-*"):
        (step / f"{name}.safetensors").unlink()
    with caplog.at_level(logging.INFO):
        train(learnable, tiny_base)
    assert f"lacks {name}.safetensors" in caplog.text
    assert "goes on" not in caplog.text


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "progress.json"])
def test_one_flipped_byte_in_a_checkpoint_stops_with_its_name(
    name: str, learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = killed_training(learnable, tiny_base, kill_after, monkeypatch)
    file = sorted(folder.glob("step-*"))[-1] / name
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)
    with pytest.raises(IntegrityError, match="CKPT_HASH_MISMATCH"):
        train(learnable, tiny_base)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"head_learning_rate": 1e-3}, "finetune.head_learning_rate: 0.005 then, 0.001 now"),
        ({"seed": 1}, "finetune.seed: 0 then, 1 now"),
    ],
)
def test_a_checkpoint_of_other_settings_is_not_used_and_the_difference_is_told(
    change: Any, told: str, learnable: Paths, tiny_base: BaseSettings, kill_after: Any,
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:  # fmt: skip
    killed_training(learnable, tiny_base, kill_after, monkeypatch)
    with caplog.at_level(logging.INFO):
        train(learnable, tiny_base, replace(SETTINGS, **change))
    assert told in caplog.text
    assert "goes on" not in caplog.text


def test_a_checkpoint_of_another_number_of_threads_is_not_used(
    learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """T9: the number of threads changes the weights."""
    killed_training(learnable, tiny_base, kill_after, monkeypatch)
    with caplog.at_level(logging.INFO):
        train(learnable, replace(tiny_base, threads=2))
    assert "base.threads: 1 then, 2 now" in caplog.text
    assert "goes on" not in caplog.text


def test_a_checkpoint_of_other_data_code_or_versions_is_not_used(
    learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    import pyarrow.parquet as pq

    from tasks.finetune import fingerprint
    from tasks.table import AUGMENTED, write_table

    killed_training(learnable, tiny_base, kill_after, monkeypatch)
    write_table(learnable.augmented, pq.read_table(learnable.augmented).slice(1), AUGMENTED)
    monkeypatch.setattr(fingerprint, "version", lambda package: "9.9")
    monkeypatch.setattr(fingerprint, "code_digest", lambda stage: "edited")
    train(learnable, tiny_base)
    assert all(each in caplog.text for each in ("train rows", "version of torch", "code of finetune"))


def test_checkpoints_are_gone_once_the_model_is_there(learnable: Paths, tiny_base: BaseSettings) -> None:
    train(learnable, tiny_base)
    assert not learnable.checkpoints.exists()


def test_only_the_newest_two_checkpoints_are_kept(
    learnable: Paths, tiny_base: BaseSettings, kill_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = killed_training(learnable, tiny_base, kill_after, monkeypatch)
    assert len(list(folder.glob("step-*"))) == 2
    shutil.rmtree(folder)
