"""A number at each place in each epoch, as a grid that is read like a thermometer"""

from collections.abc import Sequence
from typing import Any

from tasks.report.charts.style import ACCENT, chart

MOST_COLUMNS = 40
"""More epochs than this are thinned out, the first and the last kept."""
WIDTH = 360
"""Of the grid, at most, in pixels: two fit side by side."""
WITH_NUMBERS = 12
"""Up to so many columns each cell tells its number."""


def heat_map(cells: Sequence[dict[str, Any]], *, across: str, places: Sequence[str]) -> dict[str, Any]:
    """A grid: the stronger the colour, the larger a cell's `shade`.

    cells: column, place, shade (0 to 1) and shown, the number as text. across: what the columns are. places: from the
    top of the picture down. Cells that are not there stay empty.
    """
    columns = thinned(sorted({cell["column"] for cell in cells}))
    kept = [cell for cell in cells if cell["column"] in columns]
    step = min(44, WIDTH // max(1, len(columns)))
    axis = {"title": across, "labelAngle": 0, "labelOverlap": True, "orient": "bottom"}
    grid = {
        "x": {"field": "column", "type": "ordinal", "axis": axis},
        "y": {"field": "place", "type": "nominal", "scale": {"domain": list(places)}, "axis": {"title": None}},
    }
    shade = {"field": "shade", "type": "quantitative", "scale": {"domain": [0, 1], "range": [0.06, 1]}, "legend": None}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rect", "color": ACCENT, "cornerRadius": 2}, "encoding": {"fillOpacity": shade}}
    ]
    if len(columns) <= WITH_NUMBERS:
        colour = {"condition": {"test": "datum.shade > 0.45", "value": "var(--paper)"}, "value": "currentColor"}
        text = {"field": "shown", "type": "nominal"}
        layers.append({"mark": {"type": "text", "fontSize": 10}, "encoding": {"text": text, "color": colour}})
    return chart(kept, width={"step": step}, height={"step": 22}, encoding=grid, layer=layers)


def thinned(columns: Sequence[int]) -> list[int]:
    """At most MOST_COLUMNS of the columns, evenly, with the first and the last."""
    if len(columns) <= MOST_COLUMNS:
        return list(columns)
    gap = (len(columns) - 1) / (MOST_COLUMNS - 1)
    return [columns[round(number * gap)] for number in range(MOST_COLUMNS)]
