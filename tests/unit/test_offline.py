"""What is set before libraries are imported."""

import gc
import os
from collections.abc import Iterator

import pytest

from tasks.offline import SWITCHES, set_switches


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_switches_are_set_but_for_those_that_the_person_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "0")
    set_switches()
    assert {name: os.environ[name] for name in SWITCHES} == SWITCHES | {"TQDM_DISABLE": "0"}


@pytest.mark.parametrize(("before", "after"), [(700, 20_000), (50_000, 50_000), (0, 0)])
def test_python_looks_for_garbage_less_often_never_more(before: int, after: int) -> None:
    gc.set_threshold(before, 11, 12)
    set_switches()
    assert gc.get_threshold() == (after, 11, 12)
