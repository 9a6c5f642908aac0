"""`finetrace strategies` lists what there is, from the classes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from flows.verbs.strategies import show_strategies
from tasks.finetune.presets import PRESETS, apply_preset
from tasks.finetune.settings import FinetuneSettings
from tasks.model.strategies.lora import Lora
from tasks.paths import Paths

Command = Callable[..., int]


def test_every_strategy_is_listed_with_what_it_is_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_strategies(Paths(tmp_path), as_json=True)
    told = json.loads(capsys.readouterr().out)
    rows = {row["kind"]: row for row in told["strategies"]}
    assert told["base"] is None  # there is no params.yaml here
    assert all(row["learning_share"] is None for row in told["presets"])
    assert {"feature_extraction", "partial", "full", "lora", "dora", "adapter", "reft"} <= rows.keys()
    assert all(row["what"].endswith(".") for row in rows.values())
    assert rows["lora"]["settings"] == {
        "rank": 8,
        "alpha": 16.0,
        "scaling": "rank",
        "up_faster": 1.0,
        "dropout": 0.0,
        "targets": "all",
    }
    assert rows["lora"]["learning_rate"] == Lora().learning_rate


def test_table_names_paper_and_settings(finetrace: Command, paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    (paths.root / "params.yaml").unlink()  # another test counts what learns
    assert finetrace("strategies") == 0
    told = capsys.readouterr().out
    assert "2106.09685" in told
    assert "targets" in told


def test_presets_are_listed_with_what_learns_counted_on_the_base(
    finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """all-MiniLM-L6-v2 without its pooler has 22,565,376 parameters; two layers of 12 h² + 13 h, h = 384."""
    assert finetrace("strategies", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in told["presets"]}
    assert rows.keys() == PRESETS.keys()
    assert all(row["use"] and row["cost"] for row in rows.values())
    shares = {name: row["learning_share"] for name, row in rows.items()}
    assert (shares["feature_extraction"], shares["full"]) == (0, 1)
    assert shares["partial"] == pytest.approx(2 * (12 * 384**2 + 13 * 384) / 22_565_376)
    assert 0 < shares["ia3"] < shares["bitfit"] < shares["lora"] < shares["adalora"] < 0.05


@pytest.mark.parametrize("name", PRESETS)
def test_the_lines_that_are_printed_are_what_the_preset_sets(
    name: str, finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("strategies", name) == 0
    printed = capsys.readouterr().out
    lines = yaml.safe_load(printed)
    assert lines == {"finetune": PRESETS[name].settings}
    pasted = TypeAdapter(FinetuneSettings).validate_python(lines["finetune"])
    assert pasted == apply_preset(FinetuneSettings(), name)
    knobs = [line for line in printed.splitlines() if line.startswith("    ") and "kind:" not in line]
    assert all(line.rstrip().partition("  # ")[2].endswith(".") for line in knobs)
    assert finetrace("strategies", name, "--json") == 0
    assert json.loads(capsys.readouterr().out)["lines"] == printed


def test_an_unknown_preset_is_told_with_the_nearest_one(finetrace: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("strategies", "adaptor") == 2
    assert "adaptor: no such preset; did you mean 'adapter'?" in capsys.readouterr().err
