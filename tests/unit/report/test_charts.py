"""Charts become SVG offline, take the page's colours, and cope with hostile or odd labels."""

import re
import xml.etree.ElementTree as ET

import pytest

from tasks.report.charts.alpha_curve import alpha_chart, alpha_loss_chart
from tasks.report.charts.confusion import MOST_LABELS, confused_labels, confusion_chart
from tasks.report.charts.intervals import interval_chart
from tasks.report.charts.learning_curve import loss_chart, score_chart
from tasks.report.charts.reliability import reliability_chart
from tasks.report.charts.style import chart
from tasks.report.drawing import draw
from tasks.report.metric_names import curve_names
from tasks.targets import LabelTarget

HISTORY = [
    {"epoch": 1.0, "train_loss": 2.0, "val_loss": 2.1, "val_accuracy": 0.5, "val_macro_f1": 0.4},
    {"epoch": 2.0, "train_loss": 1.0, "val_loss": 1.5, "val_accuracy": 0.7, "val_macro_f1": 0.6},
]
CURVE = [
    {"alpha": number / 4, "val_loss": 1.0 - number / 8, "val_accuracy": 0.5 + number / 10, "val_macro_f1": 0.4}
    for number in range(5)
]
CHARTS = {
    "alpha": alpha_chart(CURVE, 0.75, curve_names(LabelTarget, CURVE)),
    "alpha_loss": alpha_loss_chart(CURVE, None),
    "intervals": interval_chart(
        [{"name": "<b>us", "value": 0.9, "low": 0.8, "high": 1.0, "is_ours": True}], "accuracy"
    ),
    "loss": loss_chart(HISTORY, 2),
    "accuracy": score_chart(HISTORY, None, curve_names(LabelTarget, HISTORY)),
    "reliability": reliability_chart([{"confidence": 0.9, "accuracy": 0.8, "rows": 10}]),
    "confusion": confusion_chart([[0, 0, 5], [0, 1, 2], [1, 1, 3]], ["=a</svg><script>", "b"]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_as_labelled_svg(name):
    svg = draw(CHARTS[name], name, 'a "label"')
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "label"'
    assert "var(--" in svg
    assert "script" not in {element.tag.rsplit("}", 1)[-1] for element in root.iter()}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_the_same_each_time(name):
    assert draw(CHARTS[name], name, "x") == draw(CHARTS[name], name, "x")


def test_ids_of_two_charts_never_meet():
    svg = draw(chart([{"a": 1}], mark={"type": "point", "clip": True}), "one", "x")
    ids = [element.get("id") for element in ET.fromstring(svg).iter() if element.get("id")]  # noqa: S314
    assert ids
    assert all(each.startswith("one-") for each in ids)
    assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= set(ids)


def test_few_labels_are_all_shown():
    assert confused_labels([[0, 1, 3]], ["a", "b", "c"]) == [0, 1, 2]


def test_of_many_labels_those_most_often_confused_are_shown():
    labels = [f"label {number}" for number in range(100)]
    cells = [[number, number, 10] for number in range(100)] + [[98, 99, 5], [50, 51, 1]]
    shown = confused_labels(cells, labels)
    assert len(shown) == MOST_LABELS
    assert {50, 51, 98, 99} <= set(shown)


def test_labels_that_look_alike_keep_their_own_cells():
    spec = confusion_chart([[0, 0, 5], [1, 1, 3]], ["a\n", "a "])
    assert len({each["actual"] for each in spec["data"]["values"]}) == 2


def test_the_colour_is_the_share_of_the_true_labels_rows():
    spec = confusion_chart([[0, 0, 6], [0, 1, 2]], ["a", "b"])
    assert [each["share"] for each in spec["data"]["values"]] == [0.75, 0.25]
