"""Words → candidates, and trials that share rows, seeds and budget."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.comparison.budget import Budget, make_budget, under
from tasks.comparison.candidates import read_candidates
from tasks.comparison.plan import Plan, make_plan, taken_lines
from tasks.config import parse_config
from tasks.errors import SettingsError
from tasks.finetune.presets import PRESETS, apply_preset
from tasks.model.batches import epoch_batches, seeded

VALUES: dict[str, Any] = {
    "base": {"id": "a/b", "revision": "0" * 40, "sha256": "0" * 64},
    "ingest": {"path": "x.csv"},
    "finetune": {"strategy": {"kind": "partial", "layers": 3}, "epochs": 4},
}
CONFIG = parse_config(VALUES, "params.yaml")
ROWS = {"train": "t", "val": "v"}


def _read(*words: str, root: Path = Path()) -> list[Any]:
    return read_candidates(words, VALUES, root)


def _plan(words: list[str], **budget: Any) -> Plan:
    given = {"epochs": None, "seconds": None} | budget
    return make_plan(_read(*words), CONFIG, ROWS, seeds=2, budget=make_budget(CONFIG, **given), metric="macro_f1")


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_a_candidate_with_exactly_its_settings(name: str) -> None:
    assert _read(name)[0].config.finetune == apply_preset(CONFIG.finetune, name)


def test_inline_lines_are_put_over_params() -> None:
    (found,) = _read("mine:strategy.layers=1,penalties=[{kind: l2_sp, strength: 0.01}],learning_rate=1e-4")
    assert found.config.finetune.strategy.layers == 1
    assert found.config.finetune.learning_rate == 1e-4
    assert [each.kind for each in found.config.finetune.penalties] == ["l2_sp"]
    assert found.lines["finetune"]["strategy"] == {
        "kind": "partial",
        "layers": 1,
    }  # whole, so that it can be put in place


def test_a_preset_with_changes_keeps_its_other_lines() -> None:
    (found,) = _read("lora:strategy.rank=2")
    assert (found.config.finetune.strategy.kind, found.config.finetune.strategy.rank) == ("lora", 2)


def test_a_file_of_lines_is_called_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("finetune:\n  learning_rate: 0.00001\n")
    (found,) = _read("slow.yaml", root=tmp_path)
    assert (found.name, found.config.finetune.learning_rate) == ("slow", 1e-5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["loar"], "did you mean 'lora'"),
        (["x:strategy.layrs=1"], "did you mean 'layers'"),
        (["x:layers"], "name:key=value"),
        (["lora", "lora:strategy.kind=lora"], "the same settings"),
        (["lora", "lora"], "two candidates are called lora"),
        (["current", "partial:strategy.layers=3"], "the same settings"),
        (["a/b:epochs=2"], "no name"),
        (["x:epochs=0"], "finetune.epochs"),
        (["nowhere.yaml"], "missing"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(words: list[str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        _read(*words)


def test_a_candidate_may_not_change_the_rows(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text("augment: {copies: 3}\n")
    with pytest.raises(SettingsError, match="augment cannot be changed here: every training gets the same rows"):
        _read("big.yaml", root=tmp_path)


def test_seed_k_is_the_same_order_of_rows_for_every_candidate() -> None:
    plan = _plan(["partial", "lora", "full"])
    lengths = [3 + number % 7 for number in range(40)]
    for seed in plan.seeds:
        orders = []
        for name in ("partial", "lora", "full"):
            finetune = plan.trials[name, seed].finetune
            orders.append(epoch_batches(lengths, finetune["batch_tokens"], seeded(finetune["seed"], 0)))
        assert orders[0] == orders[1] == orders[2]
    assert len({plan.trials["full", seed].finetune["seed"] for seed in plan.seeds}) == 2


def test_every_training_gets_the_budget_and_nobody_brings_his_own() -> None:
    assert {trial.finetune["epochs"] for trial in _plan(["partial", "lora"], epochs=7).trials.values()} == {7}
    timed = _plan(["partial", "lora"], seconds=180.0).trials.values()
    assert {trial.cpu_seconds for trial in timed} == {180.0}
    with pytest.raises(SettingsError, match="sets epochs"):
        _plan(["partial", "long:epochs=9"])


def test_a_budget_is_one_of_two() -> None:
    with pytest.raises(SettingsError, match="--epochs and --seconds"):
        make_budget(CONFIG, epochs=1, seconds=1.0)
    with pytest.raises(SettingsError, match="--seconds must be a number above 0"):
        make_budget(CONFIG, epochs=None, seconds=-1.0)
    assert make_budget(CONFIG, epochs=None, seconds=None).epochs == 4
    assert under(Budget(seconds=5.0), CONFIG, 9).finetune.seed == 9


def test_who_spent_the_budget_counts_as_dear_as_any_other_who_did() -> None:
    """5 CPU-seconds: less is less, reading and saving on top count for none, 1.5 times as much could not be stopped."""
    budget = Budget(seconds=5.0)
    assert [budget.counted(taken) for taken in (3.0, 5.0, 7.5, 8.0)] == [3.0, 5.0, 5.0, 8.0]
    assert [budget.is_over(taken) for taken in (7.5, 8.0)] == [False, True]
    assert (Budget(epochs=2).counted(9.0), Budget(epochs=2).is_over(9.0)) == (9.0, False)


def test_a_comparison_is_named_by_all_that_it_depends_on() -> None:
    plan = _plan(["partial", "lora"])
    names = {
        plan.name,
        _plan(["partial", "full"]).name,
        _plan(["partial", "lora"], epochs=5).name,
        _plan(["partial", "lora"], seconds=5.0).name,
        replace(plan, metric="accuracy").name,
        replace(plan, evaluate={**plan.evaluate, "confidence": 0.9}).name,
        replace(plan, rows={**ROWS, "val": "w"}).name,
    }
    assert len(names) == 7
    assert _plan(["partial", "lora"]).name == plan.name


def test_trials_are_shared_by_comparisons() -> None:
    one, other = _plan(["partial", "lora"]), _plan(["lora", "full"])
    assert one.trials["lora", 0].name == other.trials["lora", 0].name


def test_what_is_taken_holds_the_epochs_that_were_measured() -> None:
    assert taken_lines(_plan(["partial", "lora"], epochs=9), "lora", CONFIG)["finetune"]["epochs"] == 9
    assert "epochs" not in taken_lines(_plan(["partial", "lora"]), "lora", CONFIG)["finetune"]
