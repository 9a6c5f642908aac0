"""Accuracy against coverage, the surest rows first"""

from typing import Any

from tasks.report.charts.style import ACCENT, PASS, chart


def risk_coverage_chart(curve: list[dict[str, float]], coverage: float | None) -> dict[str, Any]:
    """The accuracy of the surest rows at each share of rows answered (El-Yaniv & Wiener 2010); a line marks the share
    that the model answers."""
    axis = {"type": "quantitative", "axis": {"format": ".0%", "tickCount": 5}}
    across = axis | {"field": "coverage", "title": "share of rows answered", "scale": {"domain": [0, 1]}}
    up = axis | {"field": "accuracy", "title": "accuracy where answered", "scale": {"zero": False}}
    line = {"type": "line", "color": ACCENT, "strokeWidth": 2.5, "point": {"size": 25, "color": ACCENT}}
    layers: list[dict[str, Any]] = [{"mark": line, "encoding": {"x": across, "y": up}}]
    if coverage is not None:
        rule = {"type": "rule", "color": PASS, "strokeWidth": 1.5, "strokeDash": [2, 3]}
        layers.insert(0, {"data": {"values": [{"coverage": coverage}]}, "mark": rule, "encoding": {"x": across}})
    return chart(curve, width=320, height=220, layer=layers)
