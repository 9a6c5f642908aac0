"""True label against predicted label"""

from typing import Any

from tasks.report.cells import safe_text
from tasks.report.charts.style import ACCENT, chart

MOST_LABELS = 24
"""More labels than this cannot be read; those most often confused are shown."""


def confused_labels(cells: list[list[int]], labels: list[str]) -> list[int]:
    """The numbers of the labels to show: all, or those in most confusions."""
    if len(labels) <= MOST_LABELS:
        return list(range(len(labels)))
    wrong = [0] * len(labels)
    for actual, predicted, rows in cells:
        if actual != predicted:
            wrong[actual] += rows
            wrong[predicted] += rows
    return sorted(sorted(range(len(labels)), key=lambda number: -wrong[number])[:MOST_LABELS])


def confusion_chart(cells: list[list[int]], labels: list[str]) -> dict[str, Any]:
    """Counts in a grid; the stronger the colour, the larger the share of the true label's test rows.

    cells: [actual, predicted, rows] by the labels' numbers.
    """
    shown = confused_labels(cells, labels)
    totals = [sum(rows for actual, _, rows in cells if actual == number) for number in range(len(labels))]
    names = _different_names([safe_text(label) for label in labels])
    values = [
        {"actual": names[actual], "predicted": names[predicted], "rows": rows, "share": rows / totals[actual]}
        for actual, predicted, rows in cells
        if actual in shown and predicted in shown
    ]
    grid = {"type": "nominal", "scale": {"domain": [names[number] for number in shown]}}
    across = grid | {"field": "predicted", "axis": {"title": "predicted", "labelAngle": -50, "orient": "bottom"}}
    text_colour = {"condition": {"test": "datum.share > 0.45", "value": "var(--paper)"}, "value": "currentColor"}
    step = 26 if len(shown) > 8 else 40
    return chart(
        values,
        width={"step": step},
        height={"step": step},
        encoding={"x": across, "y": grid | {"field": "actual", "axis": {"title": "actual"}}},
        layer=[
            {
                "mark": {"type": "rect", "color": ACCENT, "cornerRadius": 2},
                "encoding": {
                    "fillOpacity": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": [0.12, 1]},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 10},
                "encoding": {"text": {"field": "rows"}, "color": text_colour},
            },
        ],
    )


def _different_names(names: list[str]) -> list[str]:
    """The names, those that look alike told apart by a number."""
    return [name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names)]
