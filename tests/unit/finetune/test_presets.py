"""Presets are nothing but lines of params.yaml, without conflicts, and every strategy is in one."""

from dataclasses import replace
from typing import get_args

import pytest
from pydantic import TypeAdapter

from tasks.errors import SettingsError
from tasks.finetune import cost
from tasks.finetune.plan import make_plan
from tasks.finetune.presets import PRESETS, apply_preset
from tasks.finetune.settings import FinetuneSettings
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.paths import Paths
from tasks.settings import as_dict


def test_every_strategy_is_in_a_preset() -> None:
    kinds = {kind().kind for kind in get_args(get_args(AnyStrategy)[0])}
    assert {preset.settings["strategy"]["kind"] for preset in PRESETS.values()} == kinds


def test_no_two_presets_are_the_same() -> None:
    applied = [apply_preset(FinetuneSettings(), name) for name in PRESETS]
    assert all(one != other for number, one in enumerate(applied) for other in applied[:number])


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_its_lines_alone_and_has_a_plan_without_conflicts(
    name: str, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)
    own = FinetuneSettings(seed=7, batch_tokens=64)
    applied = apply_preset(own, name)
    changed = {key for key, value in as_dict(applied).items() if value != as_dict(own)[key]}
    assert changed <= PRESETS[name].settings.keys()
    assert TypeAdapter(FinetuneSettings).validate_python(PRESETS[name].settings) == replace(
        applied, seed=0, batch_tokens=FinetuneSettings().batch_tokens
    )
    plan = make_plan(learnable, apply_preset(FinetuneSettings(), name), tiny_base)
    assert plan["conflicts"] == []
    assert plan["strategy"]["kind"] == PRESETS[name].settings["strategy"]["kind"]


def test_an_unknown_preset_is_told_with_the_nearest_one_or_all() -> None:
    with pytest.raises(SettingsError, match="lorra: no such preset; did you mean 'lora'"):
        apply_preset(FinetuneSettings(), "lorra")
    with pytest.raises(SettingsError, match="xyz: no such preset; known: feature_extraction, partial"):
        apply_preset(FinetuneSettings(), "xyz")
