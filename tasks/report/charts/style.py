"""How every chart looks: colours are the page's own, so that it follows light, dark and print"""

from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # names the language; nothing is fetched
ACCENT, PASS, SOFT = "var(--accent)", "var(--pass)", "var(--soft)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
CONFIG: dict[str, Any] = {
    "background": None,
    "aria": False,  # one label on the whole picture says more than one a dot
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "titleFontWeight": "normal",
        "domainColor": "currentColor",
        "domainOpacity": 0.4,
        "tickColor": "currentColor",
        "tickOpacity": 0.4,
        "gridColor": "currentColor",
        "gridOpacity": 0.12,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 220,
    },
    "legend": {
        "labelColor": "currentColor",
        "labelFontSize": 12,
        "orient": "top",
        "symbolType": "stroke",
        "symbolSize": 300,
    },
    "title": {"color": "currentColor"},
}


def chart(values: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    """A Vega-Lite specification over these records."""
    return {"$schema": SCHEMA, "data": {"values": values}, "config": CONFIG, **rest}
