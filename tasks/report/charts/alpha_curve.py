"""Scores on val between the start and the fine-tuned weights"""

from collections.abc import Mapping
from typing import Any

from tasks.report.charts.style import ACCENT, PASS, SOFT, chart
from tasks.report.metric_names import MetricName


def alpha_chart(curve: list[dict[str, Any]], alpha: float | None, names: Mapping[str, MetricName]) -> dict[str, Any]:
    """The scores on the val rows by α; a line marks the α that was taken. names: of the scores, by key."""
    titles = {key: each.title for key, each in names.items()}
    form = ".0%" if all(each.is_share for each in names.values()) else ".2f"
    return _lines(curve, titles, "on the val rows", alpha, form)


def alpha_loss_chart(curve: list[dict[str, Any]], alpha: float | None) -> dict[str, Any]:
    """Loss on the val rows by α."""
    return _lines(curve, {"val_loss": "loss"}, "loss on the val rows", alpha, ".2f")


def _lines(
    curve: list[dict[str, Any]], names: dict[str, str], title: str, alpha: float | None, form: str
) -> dict[str, Any]:
    values = [
        {"alpha": each["alpha"], "of": shown, "value": each[key]} for key, shown in names.items() for each in curve
    ]
    axis = {"format": ".1f", "grid": False}
    alphas = {"field": "alpha", "type": "quantitative", "title": "α: 0 the start, 1 fine-tuned", "axis": axis}
    shown = list(names.values())
    # the dash tells the lines apart where colour does not
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 25} if len(curve) <= 30 else False},
        "encoding": {
            "x": alphas,
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"zero": False},
                "axis": {"format": form},
            },
            "color": {"field": "of", "scale": {"domain": shown, "range": [SOFT, ACCENT][-len(shown) :]}, "title": None},
            "strokeDash": {
                "field": "of",
                "scale": {"domain": shown, "range": [[5, 3], [1, 0]][-len(shown) :]},
                "title": None,
            },
        },
    }
    marked = {
        "data": {"values": [{"alpha": alpha}]},
        "mark": {"type": "rule", "color": PASS, "strokeWidth": 1.5, "strokeDash": [2, 3]},
        "encoding": {"x": alphas},
    }
    return chart(values, width=360, height=200, layer=[line] if alpha is None else [marked, line])
