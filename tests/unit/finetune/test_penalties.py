"""Every penalty: counted as it says, once a step, resumed to the bit, and nothing touched by starting it."""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from tasks.finetune import checkpoint, cost, loop, stage
from tasks.finetune.loop import _step, fit
from tasks.finetune.penalties import AnyPenalty
from tasks.finetune.penalties.base import Term
from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.l2_sp import L2Sp
from tasks.finetune.plan import make_plan
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.training import Training
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.paths import Paths
from tests.unit.finetune.test_loop import gradients_of, training_of

PENALTIES = [kind() for kind in get_args(get_args(AnyPenalty)[0])]
OTHER: dict[str, dict[str, Any]] = {
    "l2_sp": {"strength": 0.1, "head_strength": 0.1},
    "ewc": {"strength": 0.1, "rows": 9, "seed": 1},
    "r_drop": {"strength": 2.0},
    "fgm": {"epsilon": 0.3, "share": 0.25},
    "pgd": {"epsilon": 0.3, "share": 0.25, "steps": 2, "step_size": 0.1},
    "free_lb": {"epsilon": 0.3, "share": 0.25, "steps": 2, "step_size": 0.1},
}
SETTINGS = FinetuneSettings(
    strategy=Full(), epochs=2, batch_tokens=128, precision="float32", dropout=0.0, max_gradient_norm=1e9
)
ROWS = list(range(16))

each_penalty = pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.kind)
each_strategy = pytest.mark.parametrize("strategy", [Full(), Lora()], ids=lambda strategy: strategy.kind)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    import tasks.tracking

    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)


def penalised(paths: Paths, base: BaseSettings, *penalties: Any, **changes: Any) -> Training:
    """A training whose weights have moved a little since its terms were started."""
    training = training_of(paths, replace(SETTINGS, penalties=penalties, **changes), base)
    training.terms = [each.start(training) for each in penalties]
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in training.model.parameters():
            if parameter.requires_grad:
                parameter += 0.01 * torch.randn_like(parameter)
    training.model.train()
    return training


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    """Equal but for the order of sums."""
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        assert float((gradient - other[name]).norm()) <= 1e-4 * float(gradient.norm()) + 1e-6, name


def test_every_penalty_has_its_settings_here() -> None:
    assert {each.kind: {field.name for field in fields(each)} - {"kind"} for each in PENALTIES} == {
        kind: set(settings) for kind, settings in OTHER.items()
    }


@pytest.mark.parametrize(
    ("penalty", "key"),
    [(penalty, key) for penalty in PENALTIES for key in OTHER[penalty.kind]],
    ids=lambda value: getattr(value, "kind", value),
)
def test_every_setting_of_a_penalty_changes_the_plan_and_what_is_learned(
    penalty: Any, key: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    penalty = replace(penalty, rows=8) if penalty.kind == "ewc" else penalty
    other = replace(penalty, **{key: OTHER[penalty.kind][key]})
    settings = [replace(SETTINGS, dropout=None, penalties=(each,)) for each in (penalty, other)]
    plans = [make_plan(learnable, each, tiny_base) for each in settings]
    assert plans[0] != plans[1]
    assert plans[0]["conflicts"] == []
    seen = [gradients_of(penalised(learnable, tiny_base, each, dropout=0.1), [ROWS]) for each in (penalty, other)]
    assert any(not torch.equal(seen[0][name], seen[1][name]) for name in seen[0])


@each_strategy
@each_penalty
def test_starting_a_penalty_leaves_the_training_as_it_is(
    penalty: Any, strategy: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = training_of(learnable, replace(SETTINGS, strategy=strategy, dropout=0.1), tiny_base)
    model = training.model
    loop.follow_thaw(training, [])
    loop.train_mode(model)

    def state() -> tuple[list[Tensor], list[Any]]:
        parameters = list(model.parameters())
        modes = [module.training for module in model.modules()]
        tensors = [torch.get_rng_state(), *(each.detach().clone() for each in parameters)]
        return tensors, [modes, [(id(each), each.requires_grad, each.grad) for each in parameters]]

    before = state()
    penalty.start(training)
    after = state()
    assert all(torch.equal(one, other) for one, other in zip(before[0], after[0], strict=True))
    assert before[1] == after[1]


@each_strategy
@each_penalty
def test_accumulated_batches_give_the_gradient_of_one_big_batch(
    penalty: Any, strategy: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where words start at random, they do so anew in every batch, as dropout does: here they start as they are."""
    monkeypatch.setattr(type(penalty), "at_random", False, raising=False)
    batches = [ROWS[:3], ROWS[3:9], ROWS[9:]]
    whole, parts = (penalised(learnable, tiny_base, penalty, strategy=strategy) for _ in range(2))
    assert_equal(gradients_of(whole, [ROWS]), gradients_of(parts, batches))
    whole, parts = (penalised(learnable, tiny_base, penalty, strategy=strategy) for _ in range(2))
    sums = [_step(training, training.model, each, 1.0) for training, each in ((whole, [ROWS]), (parts, batches))]
    assert sums[0] == pytest.approx(sums[1], rel=1e-4)


@each_penalty
def test_one_step_lowers_the_whole_loss_on_a_fixed_batch(
    penalty: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = penalised(learnable, tiny_base, penalty)
    sums = []
    for _ in range(2):
        torch.manual_seed(0)  # the same words at random
        sums.append(_step(training, training.model, [ROWS], rate=1.0))
    assert sums[1].loss + sums[1].penalty < sums[0].loss + sums[0].penalty


@each_penalty
def test_a_training_killed_and_resumed_ends_in_the_same_bits(
    penalty: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def save_and_die(self: Any, *args: Any) -> None:
        save(self, *args)
        if args[0] > 4:
            raise Killed

    save = checkpoint.Checkpoints.save
    settings = replace(SETTINGS, penalties=(penalty,), checkpoint_steps=2, dropout=0.1, precision="bfloat16")
    whole = stage.run(learnable, finetune=settings, base=tiny_base)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint.Checkpoints, "save", save_and_die)
        stage.run(learnable, finetune=settings, base=tiny_base)
    resumed = stage.run(learnable, finetune=settings, base=tiny_base)
    assert (resumed["model_digest"], resumed["history"]) == (whole["model_digest"], whole["history"])
    assert whole["history"][0]["penalty"] != 0


@each_penalty
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_penalty_lasts_through_a_thaw(
    precision: Any, penalty: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    from tasks.finetune.thaws.by_epoch import ByEpoch

    settings = replace(SETTINGS, penalties=(penalty,), precision=precision, thaw=ByEpoch(), epochs=2, dropout=0.1)
    training = training_of(learnable, settings, tiny_base)
    training.terms = [penalty.start(training)]
    history = fit(training, Progress()).history
    assert len(history) == 2
    assert all(math.isfinite(number) for epoch in history for number in epoch.values())
    assert history[-1]["penalty"] != 0


# by hand: what l2_sp adds to a gradient is strength · (w − w₀), what ewc adds is strength · F (w − w₀)


def _added(paths: Paths, base: BaseSettings, penalty: Any, batches: Sequence[list[int]]) -> tuple[Any, Any, Any]:
    """What a penalty adds to the gradients of a step; how far the weights have come; the term."""
    bare, training = penalised(paths, base), penalised(paths, base, penalty)
    start = dict(training_of(paths, SETTINGS, base).model.named_parameters())
    moved = {
        name: (each - start[name]).detach()
        for name, each in training.model.named_parameters()
        if name.startswith("encoder.")
    }
    plain, whole = gradients_of(bare, list(batches)), gradients_of(training, list(batches))
    return {name: whole[name] - plain[name] for name in moved}, moved, training.terms[0]


@pytest.mark.parametrize("batches", [[ROWS], [ROWS[:3], ROWS[3:9], ROWS[9:]]], ids=["one batch", "three"])
def test_what_is_added_for_the_weights_is_counted_once_a_step(
    batches: list[list[int]], learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    added, moved, _ = _added(learnable, tiny_base, L2Sp(strength=3.0), batches)
    assert_equal(added, {name: 3 * each for name, each in moved.items()})
    added, moved, term = _added(learnable, tiny_base, Ewc(strength=3.0), batches)
    assert_equal(added, {name: 3 * term._importance[name] * each for name, each in moved.items()})
    once = loop._on_weights
    monkeypatch.setattr(loop, "_on_weights", lambda training: 2 * once(training))
    added, moved, _ = _added(learnable, tiny_base, L2Sp(strength=3.0), batches)
    with pytest.raises(AssertionError):  # a penalty that is scaled twice is noticed
        assert_equal(added, {name: 3 * each for name, each in moved.items()})


def test_l2_sp_also_holds_the_head_where_asked(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = penalised(learnable, tiny_base, L2Sp(strength=0.0, head_strength=4.0))
    head = sum(float(each.detach().square().sum()) for each in training.model.head.parameters())
    held = training.terms[0].on_weights()
    assert held is not None
    assert float(held.detach()) == pytest.approx(2 * head)


def test_a_term_adds_nothing_unless_it_says_so() -> None:
    assert Term().on_weights() is None
    assert Term().on_rows(None) is None  # type: ignore[arg-type]
