"""Several trainings in one stage: killed in any of them and started again, it ends in the same bits."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

import tasks.tracking
from tasks.finetune import checkpoint, stage
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.settings import FinetuneSettings
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths

QUICK = FinetuneSettings(
    strategy=Partial(layers=2), epochs=2, batch_tokens=128, precision="float32", checkpoint_steps=2, calibrate=False
)
SEEDS: tuple[dict[str, Any], ...] = ({"seed": 1}, {"seed": 2}, {"learning_rate": 1e-3})
POSTS = [WiseFt(points=3), Soup(members=SEEDS), Ensemble(members=SEEDS)]
each_post = pytest.mark.parametrize("post", POSTS, ids=lambda post: post.kind)


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@pytest.fixture(autouse=True)
def _no_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))


def train(paths: Paths, base: BaseSettings, settings: FinetuneSettings = QUICK, **changes: Any) -> dict[str, Any]:
    return stage.run(paths, finetune=replace(settings, **changes), base=base)


@each_post
@pytest.mark.parametrize("strategy", [Full(), Lora(dropout=0.1)], ids=lambda each: each.kind)
def test_a_stage_killed_in_any_training_ends_in_the_same_bits(
    post: Any, strategy: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(QUICK, post=post, strategy=strategy, calibrate=True)
    whole = train(learnable, tiny_base, settings)
    original, saves = checkpoint.Checkpoints.save, [0]

    def save(self: Any, *args: Any) -> None:
        original(self, *args)
        saves[0] += 1
        if saves[0] == killed_at:
            raise Killed

    monkeypatch.setattr(checkpoint.Checkpoints, "save", save)
    for killed_at in (3, 7):
        saves[0] = 0
        if killed_at == 3 or post.kind != "wise_ft":
            with pytest.raises(Killed):
                train(learnable, tiny_base, settings)
    monkeypatch.setattr(checkpoint.Checkpoints, "save", original)
    assert learnable.checkpoints.exists()
    assert train(learnable, tiny_base, settings) == whole
    assert not learnable.checkpoints.exists()


def test_a_training_that_is_over_is_not_done_again(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, killed = checkpoint.Checkpoints.save, []

    def save(self: Any, step: int, *args: Any) -> None:
        original(self, step, *args)
        killed.append((self.folder.parent.name, step))
        if self.folder.parent.name == "1" and not armed:
            raise Killed

    armed: list[int] = []
    monkeypatch.setattr(checkpoint.Checkpoints, "save", save)
    with pytest.raises(Killed):
        train(learnable, tiny_base, post=Soup(members=SEEDS))
    done, killed[:], armed[:] = list(killed), [], [1]
    train(learnable, tiny_base, post=Soup(members=SEEDS))
    assert done[-1][0] == "1"
    assert {part for part, _ in killed} == {"1", "2"}
    assert min(step for part, step in killed if part == "1") > done[-1][1]
