"""A comparison looks at the test side once, whoever wins when it is asked for again."""

from types import SimpleNamespace
from typing import Any

import pytest

from flows.compare import _test_of_winner
from tasks.comparison.results import TEST
from tasks.files import write_json
from tasks.paths import Paths

METRICS = ("macro_f1", "accuracy")


class Looks:
    """A trainer that notes what it is asked, and does it."""

    def __init__(self, paths: Paths) -> None:
        self._report = paths.report("evaluate")
        self.asked: list[str] = []

    def submit(self, _trial: Any, _label: str, kind: str, **_more: Any) -> Any:
        self.asked.append(kind)
        numbers = {"rows": 9, "accuracy": 0.5, "macro_f1": 0.4}
        interval = {"low": 0.1, "high": 0.9}
        write_json(self._report, numbers | {"intervals": {"accuracy": interval, "macro_f1": interval}})
        return SimpleNamespace(result=lambda: None)


def test_who_wins_later_gets_the_look_that_has_been(paths: Paths) -> None:
    paths.test.parent.mkdir(parents=True, exist_ok=True)
    paths.test.write_bytes(b"rows")
    folder, trainer = paths.data / "comparisons" / "a", Looks(paths)
    trial = SimpleNamespace(paths=lambda _: paths)
    plan: Any = SimpleNamespace(folder=lambda _: folder, first=lambda _: trial, evaluate={}, seeds=[0])
    first = _test_of_winner(paths, plan, trainer, "lora", METRICS)  # type: ignore[arg-type]
    assert (first["candidate"], first["accuracy"]["value"], first["looks"]) == ("lora", 0.5, 1)
    assert _test_of_winner(paths, plan, trainer, "full", METRICS) == first  # type: ignore[arg-type]
    assert trainer.asked == ["test"]


@pytest.mark.parametrize(("other_rows", "looks"), [(b"rows", 2), (b"other rows", 1)])
def test_looks_of_other_comparisons_at_the_same_rows_are_counted(paths: Paths, other_rows: bytes, looks: int) -> None:
    import hashlib

    paths.test.parent.mkdir(parents=True, exist_ok=True)
    paths.test.write_bytes(b"rows")
    write_json(paths.data / "comparisons" / "b" / TEST, {"test_sha256": hashlib.sha256(other_rows).hexdigest()})
    trial = SimpleNamespace(paths=lambda _: paths)
    folder = paths.data / "comparisons" / "a"
    plan: Any = SimpleNamespace(folder=lambda _: folder, first=lambda _: trial, evaluate={}, seeds=[0])
    assert _test_of_winner(paths, plan, Looks(paths), "lora", METRICS)["looks"] == looks  # type: ignore[arg-type]
