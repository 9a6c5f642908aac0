"""wise_ft, soup and ensemble of trainings on pairs of texts: loaded afresh they answer as they were judged."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import tasks.tracking
from tasks.finetune import combine, stage
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.settings import FinetuneSettings
from tasks.model.about import read_about
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table, write_table
from tasks.texts import texts_of
from tests.elsewhere import Elsewhere

QUICK = FinetuneSettings(strategy=Partial(layers=2), epochs=2, batch_tokens=128, precision="float32", calibrate=False)
SEEDS: tuple[dict[str, Any], ...] = ({"seed": 1}, {"seed": 2})
MIXED: tuple[dict[str, Any], ...] = ({"strategy": {"kind": "lora"}}, {"strategy": {"kind": "feature_extraction"}}, {})


@pytest.fixture(autouse=True)
def _no_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))


@pytest.fixture
def pairs(learnable: Paths) -> Paths:
    """The same rows with a text before each, the same for all: the second text alone tells the label."""
    for path, schema in ((learnable.augmented, AUGMENTED), (learnable.val, SPLIT)):
        table = read_table(path, schema)
        firsts = pa.array([f"please the money {number}" for number in range(table.num_rows)])
        table = table.set_column(table.column_names.index("pair"), "pair", table["text"])
        write_table(path, table.set_column(table.column_names.index("text"), "text", firsts), schema)
    return learnable


@pytest.mark.parametrize("calibrate", [False, True], ids=["as it is", "calibrated"])
@pytest.mark.parametrize(
    ("strategy", "post"),
    [
        (Partial(layers=2), WiseFt(points=3)),
        (Lora(), WiseFt(points=3)),
        (Full(), Soup(members=SEEDS)),
        (Lora(), Soup(members=SEEDS)),
        (Partial(layers=1), Ensemble(members=MIXED)),
    ],
    ids=lambda each: each.kind,
)
def test_a_model_of_pairs_answers_in_a_fresh_process_as_it_was_judged(
    strategy: Any,
    post: Any,
    calibrate: bool,
    pairs: Paths,
    tiny_base: BaseSettings,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Elsewhere,
) -> None:
    judged: list[Any] = []
    save = combine._save

    def keep(*given: Any) -> str:
        judged.append(given[2].logits)
        return save(*given)

    monkeypatch.setattr(combine, "_save", keep)
    settings = replace(QUICK, strategy=strategy, post=post, calibrate=calibrate)
    report = stage.run(pairs, finetune=settings, base=tiny_base)
    assert report["input"] == read_about(pairs.model).input.kind == "pair"

    rows = texts_of(read_table(pairs.val, SPLIT))
    there = elsewhere.predict(pairs.model, rows)
    expected = (judged[0] / report["temperature"]).softmax(-1).numpy()
    np.testing.assert_allclose(np.log(there), np.log(expected), atol=1e-3)  # float32, other batches, merged factors
    assert (report["temperature"] != 1.0) == calibrate
    assert float(np.ptp(there, axis=0).max()) > 0.01  # rows are told apart
