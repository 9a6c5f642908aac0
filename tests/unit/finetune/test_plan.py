"""The plan tells everything that a setting does: a key that changes nothing is a defect."""

from dataclasses import fields, replace
from typing import Any

import pytest

from tasks.errors import SettingsError
from tasks.finetune import cost
from tasks.finetune.losses.focal import Focal
from tasks.finetune.monitors.gradient_flow import GradientFlow
from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.l2_sp import L2Sp
from tasks.finetune.plan import make_plan
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.schedules.cosine import Cosine
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import read
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prompt import Prompt
from tasks.paths import Paths
from tests.unit.model.test_strategy_settings import ALL
from tests.unit.model.test_strategy_settings import OTHER as STRATEGY_OTHER

USUAL = FinetuneSettings(strategy=Partial(layers=2), precision="float32", batch_tokens=64)
OTHER: dict[str, Any] = {
    "strategy": Lora(),
    "epochs": 7,
    "learning_rate": 1e-5,
    "head_learning_rate": 1e-2,
    "layer_decay": 0.5,
    "schedule": Cosine(warmup_fraction=0.5),
    "thaw": ByEpoch(),
    "loss": Focal(),
    "penalties": (L2Sp(),),
    "monitors": (GradientFlow(),),
    "weight_decay": 0.2,
    "batch_tokens": 128,
    "accumulate": 3,
    "gradient_checkpointing": True,
    "max_gradient_norm": 0.5,
    "class_weights": "balanced",
    "dropout": 0.3,
    "calibrate": False,
    "patience": 2,
    "post": WiseFt(),
    "val_fold": 1,
    "precision": "bfloat16",
    "cache_gigabytes": 0.0,
    "checkpoint_steps": 3,
    "seed": 5,
}


@pytest.fixture(autouse=True)
def _steady_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)


def test_every_setting_has_a_case_here() -> None:
    assert OTHER.keys() == {field.name for field in fields(FinetuneSettings)}  # type: ignore[arg-type]


@pytest.mark.parametrize("key", sorted(OTHER))
def test_every_setting_changes_the_plan(key: str, learnable: Paths, tiny_base: BaseSettings) -> None:
    import pyarrow.parquet as pq

    from tasks.table import AUGMENTED, write_table

    table = pq.read_table(learnable.augmented)
    write_table(learnable.augmented, table.slice(0, 58), AUGMENTED)  # uneven labels, so that balancing shows
    before = make_plan(learnable, USUAL, tiny_base)
    assert make_plan(learnable, replace(USUAL, **{key: OTHER[key]}), tiny_base) != before


@pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.kind)
def test_every_setting_of_every_strategy_changes_the_plan(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    before = make_plan(learnable, replace(USUAL, strategy=strategy), tiny_base)
    values = STRATEGY_OTHER[strategy.kind] or {"inverse_penalty": 1.0, "iterations": 5}
    for key, value in values.items() if hasattr(strategy, next(iter(values))) else ():
        other = replace(USUAL, strategy=replace(strategy, **{key: value}))
        assert make_plan(learnable, other, tiny_base) != before, key


def test_a_setting_that_feature_extraction_does_not_read_is_a_conflict(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = FinetuneSettings(strategy=FeatureExtraction(), epochs=9, learning_rate=1e-3)
    conflicts = make_plan(learnable, settings, tiny_base)["conflicts"]
    assert [line.split()[0] for line in conflicts] == ["finetune.epochs", "finetune.learning_rate"]


@pytest.mark.parametrize(
    ("thaw", "lowest"),
    [(ByEpoch(), [5, 3, 2, 1, 0]), (ByEpoch(start=1, epochs=2), [3, 3, 2, 2, 1]), (FreezeOut(), [0, 2, 3, 5, 5])],
)
def test_the_plan_tells_the_lowest_depth_that_learns_in_each_epoch(
    thaw: Any, lowest: list[int], learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(USUAL, thaw=thaw, epochs=5)  # the tiny base has three layers, so its head is at depth 5
    assert make_plan(learnable, settings, tiny_base)["thaw"]["lowest_depth_by_epoch"] == lowest


def test_a_thaw_of_a_strategy_without_layers_is_a_conflict(learnable: Paths, tiny_base: BaseSettings) -> None:
    plan = make_plan(learnable, replace(USUAL, strategy=Prompt(tokens=2), thaw=ByEpoch()), tiny_base)
    assert plan["conflicts"] == ["finetune.thaw: what prompt lets learn lies below all layers, so none can thaw"]


MEMBERS: tuple[dict[str, Any], ...] = ({"seed": 1}, {"strategy": {"kind": "full"}, "epochs": 9})


@pytest.mark.parametrize(
    ("post", "other"),
    [
        (WiseFt(), WiseFt(points=5)),
        (Soup(members=MEMBERS), Soup(members=(*MEMBERS, {"seed": 2}))),
        (Ensemble(members=MEMBERS), Ensemble(members=({"seed": 3}, *MEMBERS[1:]))),
    ],
    ids=lambda post: post.kind,
)
def test_every_setting_of_post_changes_the_plan(
    post: Any, other: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    one, two = (make_plan(learnable, replace(USUAL, post=each), tiny_base) for each in (post, other))
    assert {**one, "post": {**one["post"], "settings": 0}} != {**two, "post": {**two["post"], "settings": 0}}


def test_the_plan_of_several_trainings_costs_their_sum(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = [USUAL, replace(USUAL, strategy=Full(), epochs=9)]
    parts = [make_plan(learnable, each, tiny_base) for each in settings]
    plan = make_plan(learnable, replace(USUAL, post=Ensemble(members=MEMBERS)), tiny_base)
    assert plan["cost"]["seconds"] == pytest.approx(sum(each["cost"]["seconds"] for each in parts))
    learned = [sum(row["trainable"] for row in each["depths"]) for each in parts]
    assert [each["trainable"] for each in plan["parts"]] == learned
    assert plan["post"]["saved_megabytes"] == round(sum(learned) * 4 / 1e6, 1)


def test_an_average_of_merged_factors_is_planned_as_large_as_the_base(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    planned = [
        make_plan(learnable, replace(USUAL, strategy=strategy, post=WiseFt()), tiny_base)["post"]
        for strategy in (Lora(), Full())
    ]
    assert planned[0]["saved_as"] == planned[1]["saved_as"] == "full"
    model = read(learnable, replace(USUAL, strategy=Full()), tiny_base).model
    whole = round(sum(each.numel() for each in model.parameters()) * 4 / 1e6, 1)
    assert planned[0]["saved_megabytes"] == planned[1]["saved_megabytes"] == whole > 0


def test_more_virtual_tokens_than_positions_are_refused_by_the_plan(learnable: Paths, tiny_base: BaseSettings) -> None:
    with pytest.raises(SettingsError, match=r"finetune\.strategy\.tokens: 500"):
        make_plan(learnable, replace(USUAL, strategy=Prompt(tokens=500)), tiny_base)


def test_the_plan_writes_nothing(learnable: Paths, tiny_base: BaseSettings) -> None:
    before = sorted(learnable.root.rglob("*"))
    make_plan(learnable, USUAL, tiny_base)
    assert sorted(learnable.root.rglob("*")) == before


def test_kept_states_are_announced_and_refused_with_the_reason(learnable: Paths, tiny_base: BaseSettings) -> None:
    kept = make_plan(learnable, USUAL, tiny_base)["frozen_layers"]
    assert kept == {"count": 1, "kept": True, "why_not": ""}
    refused = make_plan(learnable, replace(USUAL, cache_gigabytes=0.0), tiny_base)["frozen_layers"]
    assert not refused["kept"]
    assert "cache_gigabytes" in refused["why_not"]


@pytest.mark.parametrize("strategy", [Full(), Partial(layers=1)], ids=lambda each: each.kind)
def test_the_plan_counts_the_pass_that_ewc_measures_with(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """15 of the 60 rows through all three layers, and back, at twice that, through those that learn."""
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e6)  # so slow that rounding to 0.1 s hides nothing
    settings = replace(USUAL, strategy=strategy)
    plans = [make_plan(learnable, replace(settings, penalties=each), tiny_base) for each in ((), (Ewc(rows=15),))]
    more = plans[1]["cost"]["seconds"] - plans[0]["cost"]["seconds"]
    in_layer = next(row["parameters"] for row in plans[0]["depths"] if row["name"] == "layer 1")
    learning = 3 if strategy.kind == "full" else 1
    tokens = sum(read(learnable, settings, tiny_base).train.lengths)
    assert more == pytest.approx(
        2 * in_layer * tokens * 15 / 60 * (3 + 2 * learning) / (1e6 * cost.EFFICIENCY), abs=0.2
    )
    every = make_plan(learnable, replace(settings, penalties=(Ewc(rows=60),)), tiny_base)
    assert make_plan(learnable, replace(settings, penalties=(Ewc(rows=9999),)), tiny_base)["cost"] == every["cost"]


def test_the_plan_counts_what_penalties_keep_of_each_weight() -> None:
    """l2_sp keeps where each started, ewc its importance too: four bytes each, of 10⁹ weights."""
    shape: dict[str, Any] = {
        "layer_parameters": 1,
        "layers": 1,
        "frozen": 0,
        "kept": False,
        "total": 10**9,
        "rows": 1,
        "tokens": 1,
    }
    sizes = [
        cost.estimate_cost(
            **shape, trainable=10**9, width=1, dtype_bytes=4, threads=1, finetune=replace(USUAL, penalties=penalties)
        ).memory_gigabytes
        for penalties in ((), (L2Sp(),), (Ewc(),))
    ]
    assert [round(each - sizes[0], 2) for each in sizes] == [0.0, 4.0, 8.0]


def test_feature_extraction_pays_for_no_penalty(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(USUAL, strategy=FeatureExtraction())
    plain, idle = (make_plan(learnable, replace(settings, penalties=each), tiny_base) for each in ((), (Ewc(),)))
    assert plain["cost"] == idle["cost"]
