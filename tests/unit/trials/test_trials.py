"""A trial's place, name and lines."""

import json
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from tasks.config import parse_config
from tasks.errors import DataError, SettingsError
from tasks.files import read_json, write_json
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.stage import run
from tasks.model.settings import BaseSettings
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.settings import as_dict
from tasks.table import SPLIT, read_table
from tasks.trials.jobs import scores_of, seconds_each, train
from tasks.trials.patch import merged_lines, nested, whole_lines
from tasks.trials.trial import Trial

FINETUNE = FinetuneSettings(strategy=Partial(layers=1), epochs=3, batch_tokens=64, precision="float32", calibrate=False)


def _trial(base_settings: BaseSettings, **other: Any) -> Trial:
    return replace(Trial(as_dict(FINETUNE), as_dict(base_settings), {"train": "t", "val": "v"}), **other)


def test_a_trial_writes_into_its_folder_alone_and_has_no_test_side(learnable: Paths, tiny_base: BaseSettings) -> None:
    trial = _trial(tiny_base)
    place = trial.paths(learnable)
    run(place, finetune=FINETUNE, base=tiny_base)
    made = {path.relative_to(learnable.data) for path in learnable.data.rglob("*") if path.is_file()}
    assert {path.parts[0] for path in made} == {"split", "augmented", "cache", "trials"}
    assert place.model.is_dir()
    assert place.train == learnable.train
    learnable.test.parent.mkdir(exist_ok=True)
    learnable.test.write_bytes(learnable.val.read_bytes())  # there is one, but not for a trial
    with pytest.raises(DataError, match="no-test-side-in-a-trial"):
        read_table(place.test, SPLIT)
    assert trial.paths(learnable, sees_test=True).test == learnable.test


def test_what_finetune_and_evaluate_make_of_a_trial_is_in_its_folder(tiny_base: BaseSettings, tmp_path: Path) -> None:
    place = _trial(tiny_base).paths(Paths(tmp_path), sees_test=True)
    made = [place.model, place.checkpoints, place.evaluation, place.predictions]
    made += [place.report(stage) for stage in ("finetune", "evaluate")]
    assert [path for path in made if not path.is_relative_to(place.folder)] == []


def test_name_follows_everything_that_shapes_the_result(tiny_base: BaseSettings) -> None:
    names = {
        _trial(tiny_base).name,
        _trial(tiny_base, finetune=as_dict(replace(FINETUNE, seed=1))).name,  # type: ignore[type-var]
        _trial(tiny_base, rows={"train": "t", "val": "w"}).name,
        _trial(tiny_base, base=as_dict(tiny_base) | {"threads": 2}).name,
        _trial(tiny_base, cpu_seconds=5.0).name,
    }
    assert len(names) == 5
    assert _trial(tiny_base).name in names
    with patch("tasks.trials.trial.code_digest", return_value="other code"):
        assert _trial(tiny_base).name not in names


def test_an_unfinished_trial_has_no_result_and_one_without_a_model_only_numbers(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    trial = _trial(tiny_base)
    place = trial.paths(learnable)
    assert trial.result(learnable, with_model=False) is None
    place.model.mkdir(parents=True)
    place.result.write_text('{"val_score": 1}')
    assert trial.result(learnable, with_model=True) == {"val_score": 1}
    trial.drop_model(learnable)
    assert trial.result(learnable, with_model=True) is None
    assert trial.result(learnable, with_model=False) == {"val_score": 1}


def test_a_budget_ends_training_with_the_step_that_passes_it(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A budget of nothing leaves one step: one history entry, which is scored and kept."""
    monkeypatch.setenv("FINETRACE_ALLOWANCE", '{"cpu_seconds": 1e-9}')
    report = run(learnable, finetune=FINETUNE, base=tiny_base)
    assert (report["steps"], len(report["history"])) == (1, 1)
    assert learnable.model.is_dir()


def test_a_training_that_the_clock_ends_has_been_cooled_down(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linear: with a whole course the last rate is 1 / (steps - warm-up); a course cut in its middle ends near half."""
    whole = run(learnable, finetune=FINETUNE, base=tiny_base)
    clock = count(time.process_time(), 1.0)  # a second each time that somebody looks at it
    monkeypatch.setattr("tasks.finetune.allowance.time", SimpleNamespace(process_time=lambda: next(clock)))
    monkeypatch.setenv("FINETRACE_ALLOWANCE", json.dumps({"cpu_seconds": float(whole["steps"])}))
    report = run(learnable, finetune=FINETUNE, base=tiny_base)
    assert 5 < report["steps"] < 0.7 * whole["steps"]
    assert report["history"][-1]["rate"] < 0.15


def test_trainings_behind_one_model_share_its_budget(tiny_base: BaseSettings) -> None:
    """What the job tells its trainings: 6 CPU-seconds for a soup of three are 2 each."""
    soup = {"kind": "soup", "members": [{}, {"seed": 1}, {"seed": 2}]}
    config = parse_config({"base": as_dict(tiny_base), "ingest": {"path": "-"}, "finetune": {"post": soup}}, "a test")
    assert seconds_each(config.finetune, 6.0) == 2.0
    assert seconds_each(FINETUNE, 6.0) == 6.0
    assert seconds_each(config.finetune, None) is None


def test_score_is_that_of_the_whole_model_and_not_of_its_best_part(learnable: Paths, tiny_base: BaseSettings) -> None:
    soup = {"kind": "soup", "members": [{}, {"seed": 1}]}
    short = as_dict(replace(FINETUNE, epochs=1))  # type: ignore[type-var]
    trial = _trial(tiny_base, finetune=short | {"post": soup})
    place = trial.paths(learnable)
    with patch.dict("os.environ"):
        train(place, read_json(trial.request(learnable)))
    found, report = read_json(place.result), read_json(place.report("finetune"))
    assert found["val_score"] == report["post"]["result"]["val_score"]
    write_json(place.report("finetune"), report | {"post": {"result": {"val_score": 0.25, "val_accuracy": 0.5}}})
    other = scores_of(read_json(place.report("finetune")))
    assert (other["val_score"], other["val_accuracy"]) == (0.25, 0.5)
    assert scores_of({key: each for key, each in report.items() if key != "post"}) == report["history"][0]


def test_a_floor_ends_training_after_the_epoch_that_misses_it(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETRACE_ALLOWANCE", '{"floors": {"1": 0.0, "2": 1.1}}')
    assert len(run(learnable, finetune=FINETUNE, base=tiny_base)["history"]) == 2
    monkeypatch.delenv("FINETRACE_ALLOWANCE")
    assert len(run(learnable, finetune=FINETUNE, base=tiny_base)["history"]) == 3


def test_lines_that_say_their_kind_replace_and_others_are_merged() -> None:
    values = {"finetune": {"strategy": {"kind": "lora", "rank": 64}, "epochs": 3}}
    assert merged_lines(values, {"finetune": {"strategy": {"rank": 2}}})["finetune"] == {
        "strategy": {"kind": "lora", "rank": 2},
        "epochs": 3,
    }
    assert merged_lines(values, {"finetune": {"strategy": {"kind": "lora"}}})["finetune"]["strategy"] == {
        "kind": "lora"
    }
    assert whole_lines(values, {"finetune": {"strategy": {"rank": 2}}}) == {
        "finetune": {"strategy": {"kind": "lora", "rank": 2}}
    }


def test_dotted_keys_are_nested_and_may_not_contradict() -> None:
    assert nested({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert nested({"a": {"b": 1}, "a.c": 2}) == {"a": {"b": 1, "c": 2}}
    with pytest.raises(SettingsError, match="already has a value"):
        nested({"a": 1, "a.b": 2})
