"""Penalties that would do nothing, or not what they say, are told by the plan; what a base cannot do is refused."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.errors import SettingsError
from tasks.finetune import cost
from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.fgm import Fgm
from tasks.finetune.penalties.free_lb import FreeLb
from tasks.finetune.penalties.l2_sp import L2Sp
from tasks.finetune.penalties.pgd import Pgd
from tasks.finetune.penalties.r_drop import RDrop
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.model.needs import CAPABILITIES
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prompt import Prompt
from tasks.paths import Paths

USUAL = FinetuneSettings(strategy=Full(), precision="float32", batch_tokens=64)
NOTHING_HELD = "changes nothing: what learns lies before all layers, so no pre-trained weight moves"
NO_DROPOUT = "r_drop changes nothing: nothing that learns drops out, so both passes are the same"


@pytest.fixture(autouse=True)
def _steady_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"penalties": (L2Sp(), Ewc(), RDrop())}, []),
        ({"penalties": (L2Sp(), Ewc()), "strategy": Lora()}, []),
        ({"penalties": (RDrop(),), "dropout": 0.0}, [NO_DROPOUT]),
        ({"penalties": (RDrop(),), "dropout": 0.0, "strategy": Lora(dropout=0.1)}, []),
        ({"penalties": (L2Sp(),), "strategy": Prompt(tokens=2)}, [f"l2_sp {NOTHING_HELD}"]),
        ({"penalties": (Ewc(),), "strategy": Prompt(tokens=2)}, [f"ewc {NOTHING_HELD}"]),
        ({"penalties": (L2Sp(head_strength=0.1),), "strategy": Prompt(tokens=2)}, []),
        ({"penalties": (L2Sp(strength=0.0),)}, ["l2_sp changes nothing: strength and head_strength are 0"]),
        ({"penalties": (L2Sp(), L2Sp(strength=1.0))}, ["l2_sp is there 2 times"]),
        ({"penalties": (Fgm(), RDrop())}, []),
        ({"penalties": (Pgd(share=0.4), Fgm(share=0.6))}, []),
        (
            {"penalties": (RDrop(), L2Sp(), Pgd())},
            ["r_drop, pgd together take the place of 1.5 of the loss, so that the texts' own counts less than nothing"],
        ),
    ],
)
def test_penalties_that_make_no_sense_are_conflicts_and_others_are_not(
    changes: dict[str, Any], told: list[str], learnable: Paths, tiny_base: BaseSettings
) -> None:
    plan = make_plan(learnable, replace(USUAL, **changes), tiny_base)
    assert plan["conflicts"] == [f"finetune.penalties: {each}" for each in told]


def test_feature_extraction_reads_no_penalty_and_the_plan_says_so_once(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = FinetuneSettings(strategy=FeatureExtraction(), penalties=(L2Sp(), RDrop()))
    (conflict,) = make_plan(learnable, settings, tiny_base)["conflicts"]
    assert conflict.startswith("finetune.penalties is set, but")


@pytest.mark.parametrize("penalty", [Fgm(), Pgd(), FreeLb()], ids=lambda penalty: penalty.kind)
def test_moved_words_need_a_table_and_keep_no_states(
    penalty: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(USUAL, strategy=Partial(layers=1), penalties=(penalty,))
    frozen = make_plan(learnable, settings, tiny_base)["frozen_layers"]
    assert frozen["why_not"] == f"finetune.penalties: {penalty.kind} changes what the frozen layers see"
    monkeypatch.setitem(CAPABILITIES, "a table of words", lambda _: False)
    for refuse in (make_plan, prepare):
        with pytest.raises(SettingsError, match=rf"^finetune\.penalties: {penalty.kind} needs a table of words, and"):
            refuse(learnable, settings, tiny_base)


def test_the_plans_cost_counts_every_pass(learnable: Paths, tiny_base: BaseSettings) -> None:
    bare, *others = (
        make_plan(learnable, replace(USUAL, penalties=penalties), tiny_base)["cost"]["seconds"]
        for penalties in ((), (RDrop(),), (Fgm(),), (Pgd(steps=3),), (FreeLb(steps=3),))
    )
    assert [round(each / bare) for each in others] == [2, 3, 5, 4]
