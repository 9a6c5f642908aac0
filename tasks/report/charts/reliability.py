"""Confidence against accuracy"""

from typing import Any

from tasks.report.charts.style import ACCENT, SOFT, chart


def reliability_chart(bins: list[dict[str, Any]]) -> dict[str, Any]:
    """A dot a bin, larger with more rows, on the diagonal where confidence can be believed (Guo et al. 2017)."""
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}
    across, up = (
        axis | {"field": "confidence", "title": "confidence"},
        axis | {"field": "accuracy", "title": "accuracy"},
    )
    diagonal = [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]
    line = {"type": "line", "color": SOFT, "strokeDash": [4, 4], "strokeWidth": 1.5}
    size = {"field": "rows", "type": "quantitative", "scale": {"range": [25, 500]}, "legend": None}
    return chart(
        bins,
        width=280,
        height=280,
        layer=[
            {"data": {"values": diagonal}, "mark": line, "encoding": {"x": across, "y": up}},
            {"mark": {"type": "line", "color": ACCENT, "strokeWidth": 2}, "encoding": {"x": across, "y": up}},
            {
                "mark": {"type": "point", "filled": True, "color": ACCENT, "opacity": 0.75},
                "encoding": {"x": across, "y": up, "size": size},
            },
        ],
    )
