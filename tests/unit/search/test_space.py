"""What may vary: checked against the settings, with the nearest word."""

from typing import Any

import pytest

from tasks.config import parse_config
from tasks.errors import SettingsError
from tasks.model.strategies import AnyStrategy
from tasks.search.space import Choices, Range, as_plain, default_space, parse_space, patch_of
from tasks.trials.patch import patched

VALUES: dict[str, Any] = {
    "base": {"id": "a/b", "revision": "0" * 40, "sha256": "0" * 64},
    "ingest": {"path": "x.csv"},
    "finetune": {"strategy": {"kind": "lora"}},
}


def _parse(**raw: Any) -> Any:
    return parse_space({key.replace("__", "."): knob for key, knob in raw.items()}, VALUES, "space.yaml")


def test_ranges_and_choices_are_read() -> None:
    found = _parse(
        finetune__learning_rate={"low": "1e-5", "high": 1e-3, "log": True},
        finetune__epochs={"low": 1, "high": 5},
        finetune__strategy__rank={"choices": [4, 8]},
        base__max_tokens={"choices": [32, 64]},
    )
    assert found["finetune.learning_rate"] == Range(1e-5, 1e-3, log=True)
    assert found["finetune.epochs"].is_whole
    assert not found["finetune.learning_rate"].is_whole
    assert found["finetune.strategy.rank"] == Choices((4, 8))
    assert parse_space(as_plain(found), VALUES, "again") == found


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"finetune__learning_rte": {"low": 1e-5, "high": 1e-3}}, "did you mean 'learning_rate'"),
        (
            {"finetune__learning_rate": {"low": 1e-5, "high": 7}},
            "learning_rate: input should be less than or equal to 1",
        ),
        ({"finetune__learning_rate": {"low": 1e-5, "hgh": 1e-3}}, "did you mean 'high'"),
        ({"finetune__learning_rate": {"low": 2e-3, "high": 1e-3}}, "low must be below high"),
        ({"finetune__weight_decay": {"low": 0.0, "high": 0.1, "log": True}}, "above 0 with log"),
        ({"finetune__learning_rate": {"low": "x", "high": 1}}, "must be numbers"),
        ({"finetune__learning_rate": {"choices": []}}, "something in it"),
        ({"finetune__strategy__layers": {"low": 1, "high": 2}}, "layers: unknown key"),
        ({"finetune__thaw": {"choices": [{"kind": "by_epoc"}]}}, "did you mean 'by_epoch'"),
        ({"augment__copies": {"low": 1, "high": 2}}, "every trial gets the same rows"),
        ({"preset": {"choices": ["loar"]}}, "did you mean 'lora'"),
        ({"finetune__epochs": {"low": 1.0, "high": 3.0}}, "epochs: input should be a valid integer"),
        ({"finetune__learning_rate": {"low": 1e-5, "high": 1e-3, "log": "yes please"}}, "log must be true or false"),
        ({"finetune__checkpoint_steps": {"low": 1, "high": 9}}, "it changes no score"),
        ({"finetune__monitors": {"choices": [[], [{"kind": "convergence"}]]}}, "it changes no score"),
        (
            {"preset": {"choices": ["feature_extraction"]}, "finetune__learning_rate": {"low": 1e-5, "high": 1e-3}},
            "feature_extraction has no loop that reads it",
        ),
        ({}, "must hold keys"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(raw: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        _parse(**raw)


def test_a_key_must_fit_every_part_that_may_be_chosen_around_it() -> None:
    both = {"finetune__strategy": {"choices": [{"kind": "lora"}, {"kind": "dora"}]}}
    assert _parse(**both, finetune__strategy__rank={"choices": [2, 4]})
    with pytest.raises(SettingsError, match="rank"):
        _parse(
            finetune__strategy={"choices": [{"kind": "lora"}, {"kind": "full"}]},
            finetune__strategy__rank={"choices": [2]},
        )
    with pytest.raises(SettingsError, match="rank"):
        _parse(preset={"choices": ["lora", "full"]}, finetune__strategy__rank={"choices": [2]})


def test_a_key_that_one_of_the_strategies_reads_may_vary() -> None:
    both = {"preset": {"choices": ["feature_extraction", "lora"]}}
    assert _parse(**both, finetune__learning_rate={"low": 1e-5, "high": 1e-3})
    alone = {"preset": {"choices": ["feature_extraction"]}}
    assert _parse(**alone, finetune__strategy__inverse_penalty={"low": 0.1, "high": 10.0})


def test_a_point_is_lines_of_params() -> None:
    assert patch_of({"finetune.strategy.rank": 2, "finetune.epochs": 1, "base.max_tokens": 9}) == {
        "finetune": {"strategy": {"rank": 2}, "epochs": 1},
        "base": {"max_tokens": 9},
    }
    assert patch_of({"preset": "lora", "finetune.strategy.rank": 2})["finetune"]["strategy"] == {
        "kind": "lora",
        "rank": 2,
    }


def test_every_strategy_has_a_default_space_whose_ends_are_settings() -> None:
    from typing import get_args

    for strategy in get_args(get_args(AnyStrategy)[0]):
        values = VALUES | {"finetune": {"strategy": {"kind": strategy().kind}}}
        space = default_space(parse_config(values, "params.yaml"))
        assert space
        assert parse_space(as_plain(space), values, "default") == space
        ends = {key: knob.values[0] if isinstance(knob, Choices) else knob.high for key, knob in space.items()}
        patched(values, patch_of(ends), "default")
