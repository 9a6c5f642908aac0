"""A few numbers, epoch by epoch"""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.report.charts.style import ACCENT, SOFT, chart


def line_chart(epochs: Sequence[Mapping[str, Any]], names: Mapping[str, str], title: str) -> dict[str, Any]:
    """One line for each of `names` (key → what it is called), two at most; shares from 0 to 1 on the upright axis."""
    values = [
        {"epoch": each["epoch"], "of": shown, "value": each[key]}
        for key, shown in names.items()
        for each in epochs
        if each.get(key) is not None
    ]
    whole = {"format": "d", "tickMinStep": 1, "grid": False}
    shown = list(names.values())
    dash = {"domain": shown, "range": [[1, 0], [5, 3]][: len(shown)]}  # tells the lines apart where colour does not
    return chart(
        values,
        width=360,
        height=170,
        mark={"type": "line", "strokeWidth": 2.5, "point": {"size": 25} if len(epochs) <= 30 else False},
        encoding={
            "x": {"field": "epoch", "type": "quantitative", "scale": {"nice": False}, "axis": whole},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "tickCount": 5},
            },
            "color": {"field": "of", "scale": {"domain": shown, "range": [ACCENT, SOFT][: len(shown)]}, "title": None},
            "strokeDash": {"field": "of", "scale": dash, "title": None},
        },
    )
