"""Features are computed once for the same texts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.model import features
from tasks.model.settings import BaseSettings
from tasks.paths import Paths

TEXTS = ["where is my box", "refund please", "late"]


def test_a_second_call_computes_nothing_and_gives_the_same_bytes(
    tiny_base: BaseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = features.text_features(TEXTS, tiny_base, Paths(tmp_path))
    monkeypatch.setattr(features, "compute_features", lambda *_: pytest.fail("computed again"))
    assert features.text_features(TEXTS, tiny_base, Paths(tmp_path)).tobytes() == first.tobytes()


def test_features_that_another_process_has_just_dropped_are_computed_again(
    tiny_base: BaseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = features.text_features(TEXTS, tiny_base, Paths(tmp_path))
    load = features.load_file

    def too_late(file: Path) -> Any:
        file.unlink()
        return load(file)

    monkeypatch.setattr(features, "load_file", too_late)
    assert features.text_features(TEXTS, tiny_base, Paths(tmp_path)).tobytes() == first.tobytes()


def test_other_texts_or_another_order_are_another_entry(tiny_base: BaseSettings, tmp_path: Path) -> None:
    first = features.text_features(TEXTS, tiny_base, Paths(tmp_path))
    turned = features.text_features(TEXTS[::-1], tiny_base, Paths(tmp_path))
    np.testing.assert_allclose(first, turned[::-1], atol=1e-5)
    assert len(list((tmp_path / "data" / "cache" / "features").iterdir())) == 2


def test_features_have_length_root_d(tiny_base: BaseSettings, tmp_path: Path) -> None:
    lengths = np.linalg.norm(features.text_features(TEXTS, tiny_base, Paths(tmp_path)), axis=1)
    np.testing.assert_allclose(lengths, 32**0.5, rtol=1e-3)
