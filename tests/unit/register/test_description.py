import pytest

from tasks.register.description import Identity, describe, plain
from tasks.register.rules import Outcome
from tasks.tracking.inputs import DataInput

LINE = "PASS accuracy 0.931 [0.921, 0.940], +0.021 over the best baseline (tfidf_linear)"
METRICS = {"accuracy": {"value": 0.931, "low": 0.921, "high": 0.94}}
IDENTITY = Identity("m" * 64, "tiny@1", "b" * 64, "lora", "c0ffee", [DataInput("a.csv", "0" * 32, "raw")])


def test_the_first_line_is_the_verdict_as_plain_text() -> None:
    assert describe(LINE, METRICS, [], IDENTITY, {}).splitlines()[0] == LINE


def test_metrics_gate_and_origin_are_told() -> None:
    told = describe(LINE, METRICS, [Outcome("finite", None, None, None, "off")], IDENTITY, {"run": "#/x"})
    for part in ("| accuracy | 0.9310 | 0.9210 – 0.9400 |", "| finite | off | off |", "0" * 32, "c0ffee", "[run](#/x)"):
        assert part in told


def test_labels_cannot_break_out_of_the_table() -> None:
    hostile = "a|b\n# big <img src=x> [click](http://evil) `code`"
    assert plain(hostile) == r"a\|b # big \<img src=x\> [click\](http://evil) \`code\`"


@pytest.mark.parametrize("count", [10, 1_000])
def test_it_fits_what_mlflow_keeps(count: int) -> None:
    outcomes = [Outcome("slices", False, 0, 0, "long " * 100)] * count
    assert len(describe(LINE, METRICS, outcomes, IDENTITY, {})) <= 5_000
