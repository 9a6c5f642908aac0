"""A training as a user would first have it, real base and real rows, is well, and no alarm says otherwise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.digest import row_id
from tasks.finetune.monitors.looking_on import alarms_of
from tasks.finetune.settings import FinetuneSettings
from tasks.model.base import find_base
from tasks.model.strategies.full import Full
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, write_rows
from tests.bench.rows import embedded_data, first_rows
from tests.bench.workspace import repository_base
from tests.unit.finetune.test_monitors import watched

ROWS = {"train": 160, "val": 40}


@pytest.fixture
def few(tmp_path: Path) -> Paths:
    """Some of the embedded data's rows; labels that train has none of are left out of val."""
    paths = Paths(tmp_path / "workspace")
    paths.root.mkdir()
    drawn = first_rows(embedded_data(Path(__file__).parents[3]), sum(ROWS.values())).train
    rows: list[dict[str, Any]] = [
        {"row_id": row_id(text, label), "side": "any", "line": line, "text": text, "label": label, "fold": 0}
        for line, (text, label) in enumerate(drawn, 2)
    ]
    train = rows[: ROWS["train"]]
    known = {row["label"] for row in train}
    write_rows(paths.augmented, [row | {"parent_id": row["row_id"], "method": "original"} for row in train], AUGMENTED)
    write_rows(paths.val, [row for row in rows[ROWS["train"] :] if row["label"] in known], SPLIT)
    return paths


@pytest.mark.parametrize("strategy", [Partial(), Full()], ids=lambda each: each.kind)
def test_the_default_training_on_the_embedded_data_raises_no_alarm(strategy: Any, few: Paths) -> None:
    base = repository_base(1)
    settings = FinetuneSettings(strategy=strategy)
    assert (settings.epochs, [each.kind for each in settings.monitors]) == (5, ["convergence"])
    training, progress = watched(few, settings, replace(base, folder=str(find_base(base, Path()))))
    losses = [each["train_loss"] for each in progress.history]
    assert losses[-1] < losses[0] / 3  # it did learn
    assert alarms_of(training, progress.history) == []
