"""Names with a number each, and how far it might move"""

from typing import Any

from tasks.report.charts.style import ACCENT, SOFT, chart


def interval_chart(rows: list[dict[str, Any]], title: str, *, is_share: bool = True) -> dict[str, Any]:
    """A dot and its interval a row. rows: name, value, low, high, and is_ours for the one to stand out."""
    colour = {"condition": {"test": "datum.is_ours", "value": ACCENT}, "value": SOFT}
    names = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"grid": False, "labelLimit": 260},
    }
    share = {
        "type": "quantitative",
        "scale": {"zero": False},
        "axis": {"format": ".0%" if is_share else ".2~f", "tickCount": 6},
        "title": title,
    }
    return chart(
        rows,
        width=420,
        height={"step": 30},
        encoding={"y": names, "color": colour},
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55, "strokeCap": "round"},
                "encoding": {"x": share | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {"x": share | {"field": "value"}},
            },
        ],
    )
