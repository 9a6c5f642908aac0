"""Every mistake in params.yaml is told at once, with its key and the nearest known word."""

from pathlib import Path
from typing import Any

import pytest

from tasks.config import load_config, parse_config
from tasks.errors import SettingsError

GOOD: dict[str, Any] = {
    "base": {"id": "x", "revision": "0" * 40, "sha256": "0" * 64},
    "ingest": {"path": "data.csv"},
}


def mistakes_of(values: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_config(values, "params.yaml")
    return str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    told = mistakes_of(
        GOOD | {"finetne": {}, "split": {"val": "abc", "tset": 0.1}, "finetune": {"epochs": -1, "learning_rate": "abc"}}
    )
    assert told.startswith("params.yaml has 5 mistakes:")
    for line in (
        "finetne: unknown key; did you mean 'finetune'?",
        "split.tset: unknown key; did you mean 'test'?",
        "split.val: input should be a valid number",
        "finetune.epochs: input should be greater than or equal to 1 (it is -1)",
        "finetune.learning_rate: input should be a valid number",
    ):
        assert line in told


def test_an_unknown_strategy_is_told_with_the_nearest_one() -> None:
    told = mistakes_of(GOOD | {"finetune": {"strategy": {"kind": "lroa"}}})
    assert "finetune.strategy.kind: unknown kind 'lroa'; did you mean 'lora'?" in told


def test_an_unknown_key_of_a_strategy_is_told_with_the_nearest_one() -> None:
    told = mistakes_of(GOOD | {"finetune": {"strategy": {"kind": "lora", "ranks": 8}}})
    assert "finetune.strategy.ranks: unknown key; did you mean 'rank'?" in told


def test_a_members_mistakes_are_told_as_finetunes_own_are() -> None:
    members = [{"sed": 1}, {"learning_rate": "x"}, {"strategy": {"kind": "lora", "ranks": 2}}, {"val_fold": 1}]
    told = mistakes_of(GOOD | {"finetune": {"post": {"kind": "soup", "members": members}}})
    assert told.startswith("params.yaml has 4 mistakes:")
    for line in (
        "finetune.post.members.0.sed: unknown key; did you mean 'seed'?",
        "finetune.post.members.1.learning_rate: input should be a valid number",
        "finetune.post.members.2.strategy.ranks: unknown key; did you mean 'rank'?",
        "finetune.post.members.3: val_fold cannot differ between members; set it in finetune itself",
    ):
        assert line in told


def test_one_member_is_too_few() -> None:
    told = mistakes_of(GOOD | {"finetune": {"post": {"kind": "ensemble", "members": [{"seed": 1}]}}})
    assert "finetune.post.members: give 2 to 100 members" in told


def test_a_strategy_without_its_kind_is_told() -> None:
    assert "finetune.strategy.kind: missing" in mistakes_of(GOOD | {"finetune": {"strategy": {"rank": 8}}})


def test_a_missing_section_is_told() -> None:
    assert "base: missing" in mistakes_of({"ingest": {"path": "x"}})


@pytest.mark.parametrize("values", [None, [], "text", 3])
def test_a_file_that_holds_no_sections_is_told(values: Any) -> None:
    assert "must hold sections" in mistakes_of(values)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("base: {", "params.yaml:1:8"),
        ("base: 1\nbase: 2\n", "'base' is given twice"),
        ("1: 2\n", "key 1 is not a word"),
        ("a: !!python/object/apply:os.system ['touch canary']\n", "params.yaml:1:4"),
    ],
)
def test_broken_yaml_is_told_with_line_and_column(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"Mend the YAML|not a word|twice") as caught:
        load_config(tmp_path / "params.yaml")
    assert told in str(caught.value)


def test_a_missing_file_and_a_wrong_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="missing"):
        load_config(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_bytes("base: é".encode("latin-1"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_config(tmp_path / "params.yaml")


def test_settings_load_without_torch() -> None:
    import subprocess
    import sys

    script = "import sys, tasks.config; assert 'torch' not in sys.modules and 'mlflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_key_that_would_break_the_line_is_quoted() -> None:
    told = mistakes_of(GOOD | {"x\ntouch y": {}})
    assert "'x\\ntouch y': unknown key" in told


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        (
            {"min": {"spearmann": 0.3}},
            "register.gate.min.spearmann: no metric of a number a row; did you mean 'spearman'?",
        ),
        ({"max": {"accuracy": 1}}, "register.gate.max.accuracy: no metric of a number a row; known: spearman, pearson"),
        (
            {"min_extra": {"shfted": {"mae": 1}}},
            "register.gate.min_extra.shfted: no such test set; did you mean 'shifted'?",
        ),
        (
            {"min_extra": {"shifted": {"rms": 1}}},
            "register.gate.min_extra.shifted.rms: no metric of a number a row; did",
        ),
    ],
)
def test_a_limit_of_an_unknown_metric_or_test_set_is_told_with_the_nearest_one(gate: Any, told: str) -> None:
    problem = {"problem": {"target": {"kind": "number"}}}
    ingest = {"ingest": {"path": "data.csv", "extra_tests": {"shifted": "shifted.csv"}}}
    assert f"\n  {told}" in mistakes_of(GOOD | problem | ingest | {"register": {"gate": gate}})


def test_limits_of_what_the_target_measures_are_taken() -> None:
    problem = {"problem": {"target": {"kind": "number"}}}
    config = parse_config(GOOD | problem | {"register": {"gate": {"max": {"rmse": 0.8}}}}, "params.yaml")
    assert config.register.gate.max == {"rmse": 0.8}
