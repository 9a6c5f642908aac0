"""True numbers against answers"""

from typing import Any

from tasks.report.charts.style import ACCENT, SOFT, chart


def scatter_chart(points: list[list[float]]) -> dict[str, Any]:
    """A dot a row, on the diagonal where the answer is the truth. points: [true, answered] each."""
    values = [{"true": true, "answered": answered} for true, answered in points]
    ends = [min(min(each) for each in points), max(max(each) for each in points)]
    axis = {"type": "quantitative", "scale": {"zero": False, "nice": True}}
    across, up = axis | {"field": "true", "title": "true"}, axis | {"field": "answered", "title": "answered"}
    line = {"type": "line", "color": SOFT, "strokeDash": [4, 4], "strokeWidth": 1.5}
    diagonal = [{"true": end, "answered": end} for end in ends]
    dots = {"type": "point", "filled": True, "color": ACCENT, "opacity": 0.5, "size": 25}
    return chart(
        values,
        width=320,
        height=320,
        layer=[
            {"data": {"values": diagonal}, "mark": line, "encoding": {"x": across, "y": up}},
            {"mark": dots, "encoding": {"x": across, "y": up}},
        ],
    )
