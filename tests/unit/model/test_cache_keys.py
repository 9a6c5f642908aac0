"""What is stored is found again only under the very same things: each of them is in the name of the file."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.sides import make_sides
from tasks.finetune.start import Start, read
from tasks.finetune.states import states_file
from tasks.model import features
from tasks.model.batches import Tokens
from tasks.model.device import cpu_threads
from tasks.model.settings import BaseSettings
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths

IDS = Tokens([[2, 5, 3], [2, 6, 7, 3]])
CPU = torch.device("cpu")
TEXTS = ["where is my box", "refund please"]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with cpu_threads(1):
        yield


def test_each_part_of_the_key_of_states_makes_another_file(learnable: Paths) -> None:
    usual: dict[str, Any] = {"cut": 1, "ids": IDS, "device": CPU, "dtype": torch.float32, "key": "base"}
    changes: list[dict[str, Any]] = [
        {"cut": 2},
        {"ids": Tokens([[2, 5, 3], [2, 6, 8, 3]])},
        {"ids": Tokens([[2, 6, 7, 3], [2, 5, 3]])},
        {"ids": Tokens(IDS.ids, [[0, 0, 0], [0, 1, 1, 1]])},
        {"device": torch.device("cuda")},
        {"dtype": torch.bfloat16},
        {"key": "other"},
    ]
    named = [states_file(learnable.cache, **usual | change) for change in ({}, *changes)]
    with cpu_threads(2):
        named.append(states_file(learnable.cache, **usual))
    assert len(set(named)) == len(named)
    assert states_file(learnable.cache, **usual) == named[0]


def test_states_of_another_base_are_stored_beside_those_that_are_there(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = FinetuneSettings(strategy=Partial(layers=1), precision="float32")
    start: Start = read(learnable, settings, tiny_base)
    for number, base in enumerate((tiny_base, replace(tiny_base, sha256="1" * 64)), start=1):
        make_sides(start.model, start.train, start.val, settings, base, learnable, torch.float32)
        assert len(list((learnable.cache / "states").iterdir())) == 2 * number  # train and val


def test_each_part_of_the_key_of_features_makes_another_file(tiny_base: BaseSettings) -> None:
    usual: dict[str, Any] = {"texts": TEXTS, "base": tiny_base, "device": CPU, "dtype": torch.float32}
    changes: list[dict[str, Any]] = [
        {"texts": TEXTS[::-1]},
        {"texts": [tuple(TEXTS)]},
        {"base": replace(tiny_base, sha256="1" * 64)},
        {"base": replace(tiny_base, revision="1" * 40)},
        {"base": replace(tiny_base, max_tokens=16)},
        {"base": replace(tiny_base, threads=2)},
        {"device": torch.device("cuda")},
        {"dtype": torch.bfloat16},
    ]
    keys = [features._cache_key(**usual | change) for change in ({}, *changes)]
    assert len(set(keys)) == len(keys)
    assert features._cache_key(**usual) == keys[0]
