"""What each trial of a search came to, and the best so far"""

import math
from itertools import accumulate
from typing import Any

from tasks.report.charts.style import ACCENT, SOFT, chart


def history_chart(trials: list[dict[str, Any]], title: str, *, is_share: bool = True) -> dict[str, Any]:
    """A dot a trial, hollow if it was pruned; a line for the best so far. trials: trial, state, reached."""
    best = accumulate((each["reached"] if each["state"] == "complete" else -math.inf for each in trials), max)
    line = [
        {"trial": each["trial"], "best": value} for each, value in zip(trials, best, strict=True) if value > -math.inf
    ]
    whole = {"format": "d", "tickMinStep": 1, "grid": False}
    x = {
        "field": "trial",
        "type": "quantitative",
        "scale": {"zero": False, "padding": 10},
        "axis": whole,
        "title": "trial",
    }
    axis = {"format": ".0%" if is_share else ".2~f"}
    y = {"type": "quantitative", "title": f"{title} on val", "scale": {"zero": False}, "axis": axis}
    legend = {"symbolType": "circle", "symbolSize": 80}
    states = ["complete", "pruned"]
    colour = {"field": "state", "scale": {"domain": states, "range": [ACCENT, SOFT]}, "title": None, "legend": legend}
    shape = {"field": "state", "scale": {"domain": states, "range": ["circle", "square"]}, "legend": None}
    return chart(
        trials,
        width=520,
        height=240,
        layer=[
            {
                "data": {"values": line},
                "mark": {"type": "line", "interpolate": "step-after", "color": ACCENT, "opacity": 0.5},
                "encoding": {"x": x, "y": y | {"field": "best"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"x": x, "y": y | {"field": "reached"}, "color": colour, "shape": shape},
            },
        ],
    )


def importance_chart(importances: dict[str, float]) -> dict[str, Any]:
    """A bar a key."""
    rows = [{"key": key, "share": share} for key, share in sorted(importances.items(), key=lambda each: -each[1])]
    return chart(
        rows,
        width=360,
        height={"step": 28},
        mark={"type": "bar", "color": ACCENT, "height": 14},
        encoding={
            "y": {"field": "key", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}},
            "x": {"field": "share", "type": "quantitative", "title": "share of variance", "axis": {"format": ".0%"}},
        },
    )
