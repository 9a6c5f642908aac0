"""Every setting of every strategy changes what is learned: a key that changes nothing is a defect."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from tasks.model.classifier import build_classifier, learned_state, train_mode
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy

QUICK: dict[str, dict[str, Any]] = {"adalora": {"every_steps": 2}}
"""What must be so for the rest to show in a few steps."""
ALL = [kind(**QUICK.get(kind.kind, {})) for kind in get_args(get_args(AnyStrategy)[0])]
OTHER: dict[str, dict[str, Any]] = {
    "feature_extraction": {},  # its settings are those of the head's fit, which has tests of its own
    "partial": {"layers": 1},
    "full": {},
    "lora": {
        "rank": 4,
        "alpha": 3.0,
        "scaling": "root_rank",
        "up_faster": 16.0,
        "dropout": 0.5,
        "targets": "attention",
    },
    "dora": {"rank": 4, "alpha": 3.0, "dropout": 0.5, "targets": "attention"},
    "adalora": {
        "rank": 4,
        "start_rank": 10,
        "start_fraction": 0.5,
        "end_fraction": 0.5,
        "every_steps": 4,
        "smoothing": 0.5,
        "orthogonality": 0.1,
        "alpha": 3.0,
        "dropout": 0.5,
        "targets": "attention",
    },
    "vera": {"rank": 64, "start": 0.5, "targets": "attention", "projection_seed": 5},
    "ia3": {"feed_forward": False},
    "ln_tuning": {"layers": 1},
    "bitfit": {"layers": 1},
    "adapter": {"width": 8, "after": "attention", "activation": "relu", "layers": 1},
    "reft": {"rank": 2, "first": 1, "last": 1, "layers": 1},
    "prompt": {"tokens": 5, "start": "random"},
    "p_tuning": {"tokens": 5, "width": 16},
    "prefix": {"tokens": 5, "width": 16},
}


def learned_by(strategy: Any, base: BaseSettings) -> dict[str, list[float]]:
    """What it learns in a few steps with dropout on a padded batch, as plain numbers."""
    torch.manual_seed(0)
    model = build_classifier(Path(str(base.folder)), strategy, 3, "sdpa")
    torch.nn.init.normal_(model.head.weight, std=0.3, generator=torch.Generator().manual_seed(1))
    train_mode(model)
    ids = torch.tensor([[2, 5, 6, 7, 8, 9, 4, 5, 6, 3], [2, 9, 10, 3, 0, 0, 0, 0, 0, 0]])
    learning = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": [p], "lr": 1e-3 * strategy.rate_factor(name)} for name, p in learning])
    steps = 12 if strategy.compares_layers else 2
    for step in range(steps):
        loss = torch.nn.functional.cross_entropy(model(ids, (ids > 0).long()), torch.tensor([0, 1]))
        (loss + (strategy.penalty(model.encoder) or 0)).backward()
        optimizer.step()
        strategy.after_step(model.encoder, step + 1, steps)
        optimizer.zero_grad()
    return {name: tensor.flatten().tolist() for name, tensor in learned_state(model).items()}


def test_every_setting_has_a_case_here() -> None:
    settings = {each.kind: {field.name for field in fields(each)} - {"kind"} for each in ALL}  # type: ignore[arg-type]
    settings["feature_extraction"] = set()
    assert {kind: set(values) for kind, values in OTHER.items()} == settings


@pytest.mark.parametrize(
    ("strategy", "key"),
    [(each, key) for each in ALL for key in OTHER[each.kind]],
    ids=lambda value: getattr(value, "kind", value),
)
def test_every_setting_changes_what_is_learned(strategy: Any, key: str, tiny_base: BaseSettings) -> None:
    other = replace(strategy, **{key: OTHER[strategy.kind][key]})
    assert learned_by(other, tiny_base) != learned_by(strategy, tiny_base)


@pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.kind)
def test_the_same_settings_learn_the_same_bits(strategy: Any, tiny_base: BaseSettings) -> None:
    assert learned_by(strategy, tiny_base) == learned_by(strategy, tiny_base)
