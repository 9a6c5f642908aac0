"""`finetrace strategies` lists what there is, from the classes."""

import json
from collections.abc import Callable

import pytest

from flows.strategies import show_strategies
from tasks.model.strategies.lora import Lora

Command = Callable[..., int]


def test_every_strategy_is_listed_with_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    show_strategies(as_json=True)
    rows = {row["kind"]: row for row in json.loads(capsys.readouterr().out)["strategies"]}
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


def test_table_names_paper_and_settings(finetrace: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("strategies") == 0
    told = capsys.readouterr().out
    assert "2106.09685" in told
    assert "targets" in told
