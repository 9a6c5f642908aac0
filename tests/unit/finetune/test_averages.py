"""Averages worked out by hand, and what is picked by them."""

from types import SimpleNamespace
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from tasks.errors import SettingsError
from tasks.finetune.averages import interpolate, mean_weights
from tasks.finetune.parts import Part
from tasks.finetune.post.averaging import averaged_strategy
from tasks.finetune.post.soup import greedy_members
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.settings import FinetuneSettings
from tasks.model.classifier import build_classifier
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.base import Strategy
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.targets import LabelTarget

ALL = [kind() for kind in get_args(get_args(AnyStrategy)[0])]
LABELS = torch.tensor([0, 0, 1, 1])


class LinearJudge:
    """Logits of a model with one weight a label and row: they are the weights themselves."""

    def logits(self, strategy: Any, weights: dict[str, Tensor]) -> Tensor:  # noqa: ARG002
        return weights["w"]

    def scores(self, logits: Tensor) -> dict[str, float]:
        return LabelTarget().val_scores(logits, LABELS, ("a", "b"))

    def as_strategy(self, wanted: Any, strategy: Any, weights: dict[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002
        return weights


def test_weights_between_two_are_on_the_line_and_the_ends_are_the_very_tensors() -> None:
    first, last = {"w": torch.tensor([1.0, -2.0])}, {"w": torch.tensor([3.0, 6.0])}
    assert interpolate(first, last, 0.25)["w"].tolist() == [1.5, 0.0]
    assert interpolate(first, last, 0.0)["w"] is first["w"]
    assert interpolate(first, last, 1.0)["w"] is last["w"]


def test_what_all_members_share_stays_so_to_the_bit() -> None:
    same = torch.rand(1000, generator=torch.Generator().manual_seed(0)) / 3
    assert torch.equal(mean_weights([{"w": same}] * 3)["w"], same)
    assert torch.equal(interpolate({"w": same}, {"w": same}, 0.3)["w"], same)
    assert mean_weights([{"w": torch.tensor([1.0])}, {"w": torch.tensor([4.0])}])["w"].tolist() == [2.5]


def test_the_mean_is_of_probabilities_and_not_of_logits() -> None:
    """p = (0.9, 0.1) and (0.5, 0.5): mean (0.7, 0.3); the mean of the logits would give (0.75, 0.25)."""
    logits = [torch.tensor([[0.9, 0.1]]).log() + 5, torch.tensor([[0.5, 0.5]]).log()]
    torch.testing.assert_close(LabelTarget().mean_outputs(logits).exp(), torch.tensor([[0.7, 0.3]]))


def test_the_soup_takes_the_best_first_and_then_what_does_not_harm() -> None:
    """Alone b > c > a = d; with b, c harms, a is as good, d with both is better: b, a, d."""
    worth = {"a": 0.6, "b": 0.8, "c": 0.7, "d": 0.6, "bc": 0.75, "ba": 0.8, "bad": 0.9}
    asked: list[str] = []

    def rank_of(members: Any) -> tuple[float, float]:
        asked.append("".join("abcd"[number] for number in members))
        return worth[asked[-1]], 0.0

    assert greedy_members(4, rank_of) == [1, 0, 3]
    assert {"bc", "ba", "bad"} <= set(asked)


def test_the_soup_of_members_that_harm_one_another_is_the_best_one() -> None:
    assert greedy_members(3, lambda members: (1.0 if members == [2] else 0.5 / len(members), 0.0)) == [2]


def part_of(first: Tensor, last: Tensor) -> Part:
    return Part(FinetuneSettings(strategy=Full()), {"w": last}, {"w": first}, {})


def test_the_sweep_takes_what_val_says() -> None:
    """The start errs on rows 3 and 4, the fine-tuned weights on row 1; halfway all four are right."""
    first = torch.tensor([[4.0, 0.0], [4.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    last = torch.tensor([[0.0, 2.0], [4.0, 0.0], [0.0, 4.0], [0.0, 4.0]])
    combined = WiseFt(points=3).combine([part_of(first, last)], LinearJudge())  # type: ignore[arg-type]
    assert combined.report["alpha"] == 0.5
    assert [each["val_accuracy"] for each in combined.report["curve"]] == [0.5, 1.0, 0.75]
    ((_, weights),) = combined.models
    assert torch.equal(weights["w"], (first + last) / 2)


def test_of_equal_scores_the_lower_loss_decides() -> None:
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    combined = WiseFt(points=5).combine([part_of(first, first * 3)], LinearJudge())  # type: ignore[arg-type]
    assert combined.report["alpha"] == 1.0


@pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.kind)
def test_what_a_strategy_says_of_where_it_learns_is_so(strategy: Any, tiny_base: BaseSettings) -> None:
    def names(model: Any) -> set[str]:
        return {name for name, _ in model.named_parameters()}

    own = names(build_classifier(tiny_base_folder(tiny_base), Strategy(), 3, "sdpa"))
    model = build_classifier(tiny_base_folder(tiny_base), strategy, 3, "sdpa")
    is_own = names(model) == own
    strategy.merge(model.encoder)
    expected = "own" if is_own else "merged" if names(model) == own else "added"
    assert strategy.learns_in == expected


def tiny_base_folder(base: BaseSettings) -> Any:
    from pathlib import Path

    return Path(str(base.folder))


def test_an_average_is_saved_as_what_all_learned_or_whole() -> None:
    assert averaged_strategy("soup", [Partial(layers=2), Partial(layers=2)]) == Partial(layers=2)
    assert averaged_strategy("soup", [Partial(layers=2), Partial(layers=1)]) == Full()
    assert averaged_strategy("soup", [Lora(), Lora()]) == Full()
    odd = SimpleNamespace(kind="odd", learns_in=Strategy.learns_in)  # a strategy that says nothing of it
    with pytest.raises(SettingsError, match="what odd learns stays beside"):
        averaged_strategy("soup", [Full(), odd])
