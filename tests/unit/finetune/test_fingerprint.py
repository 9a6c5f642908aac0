"""A checkpoint goes on only under the very same things: each of them is in the fingerprint."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from tasks.finetune import fingerprint
from tasks.finetune.fingerprint import WITHOUT_EFFECT, make_fingerprint
from tasks.finetune.start import Start, read
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tests.unit.finetune.test_plan import OTHER, USUAL


@pytest.fixture
def start(learnable: Paths, tiny_base: BaseSettings) -> Start:
    return read(learnable, USUAL, tiny_base)


@pytest.mark.parametrize("key", sorted(OTHER))
def test_every_setting_that_changes_the_result_is_in_it_and_no_other(key: str, start: Start) -> None:
    changed = make_fingerprint(replace(start, settings=replace(USUAL, **{key: OTHER[key]})), 1)
    assert (changed == make_fingerprint(start, 1)) == (key in WITHOUT_EFFECT)


def test_settings_without_effect_are_those_that_say_how_often() -> None:
    assert WITHOUT_EFFECT == ("checkpoint_steps", "cache_gigabytes")


@pytest.mark.parametrize(
    "changes",
    [
        lambda start: {"train": replace(start.train, truth=start.train.truth.flip(0))},
        lambda start: {"train": replace(start.train, texts=start.train.texts[::-1])},
        lambda start: {"val": replace(start.val, truth=start.val.truth.flip(0))},
        lambda start: {"val": replace(start.val, texts=start.val.texts[::-1])},
        lambda start: {"base": replace(start.base, sha256="1" * 64)},
        lambda start: {"base": replace(start.base, max_tokens=16)},
        lambda start: {"base": replace(start.base, threads=2)},
        lambda start: {"device": torch.device("meta")},
        lambda start: {"dtype": torch.bfloat16},
    ],
    ids=["labels", "texts", "val labels", "val texts", "base", "max_tokens", "threads", "device", "dtype"],
)
def test_what_it_is_computed_from_and_how_is_in_it(changes: Any, start: Start) -> None:
    assert make_fingerprint(replace(start, **changes(start)), 1) != make_fingerprint(start, 1)


def test_so_are_processes_code_machine_versions_and_the_format(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = make_fingerprint(start, 1)
    assert make_fingerprint(start, 2) != usual
    for package in ("torch", "transformers", "tokenizers", "accelerate", "peft", "numpy"):
        with monkeypatch.context() as patch:
            patch.setattr(fingerprint, "version", lambda name, odd=package: "9.9" if name == odd else "1.0")
            odd = make_fingerprint(start, 1)
            patch.setattr(fingerprint, "version", lambda _: "1.0")
            assert make_fingerprint(start, 1) != odd, package
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "code_digest", lambda stage: "other")
        assert make_fingerprint(start, 1) != usual
    for name, other in (("platform", type("Other", (), {"machine": staticmethod(lambda: "z80")})), ("FORMAT", -1)):
        with monkeypatch.context() as patch:
            patch.setattr(fingerprint, name, other)
            assert make_fingerprint(start, 1) != usual, name
