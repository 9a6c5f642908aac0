"""Score against cost, and who is not beaten in both"""

from typing import Any

from tasks.report.charts.style import ACCENT, FONT, SOFT, chart


def pareto_chart(rows: list[dict[str, Any]], cost: str, score: str, *, is_share: bool = True) -> dict[str, Any]:
    """A dot and its interval a candidate; a line joins those on the front.

    rows: name, cost, value, low, high, is_on_front. cost, score: titles of the axes.
    """
    x = {
        "field": "cost",
        "type": "quantitative",
        "title": cost,
        "scale": {"type": "log", "nice": True, "padding": 40},
        "axis": {"format": "~s", "tickCount": 5},
    }
    axis = {"format": ".0%" if is_share else ".2~f"}
    y = {"type": "quantitative", "title": score, "scale": {"zero": False, "padding": 12}, "axis": axis}
    colour = {"condition": {"test": "datum.is_on_front", "value": ACCENT}, "value": SOFT}
    front = sorted((row for row in rows if row["is_on_front"]), key=lambda row: row["cost"])
    return chart(
        rows,
        width=520,
        height=280,
        encoding={"x": x},
        layer=[
            {
                "data": {"values": front},
                "mark": {"type": "line", "interpolate": "step-after", "strokeDash": [4, 3], "color": ACCENT},
                "encoding": {"x": x, "y": y | {"field": "value"}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.45},
                "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}, "color": colour},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {"y": y | {"field": "value"}, "color": colour},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "dy": -6, "font": FONT, "fontSize": 12},
                "encoding": {"y": y | {"field": "value"}, "text": {"field": "name"}, "color": colour},
            },
        ],
    )
