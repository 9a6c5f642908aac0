"""What the monitors of a training saw → pictures and alarms"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks.report.charts.heat_map import heat_map
from tasks.report.charts.lines import line_chart

Chart = tuple[dict[str, Any], str]
"""A specification, and what it shows for those who cannot see it."""


def watched_charts(monitors: Mapping[str, Any]) -> dict[str, Chart]:
    """Every picture there are numbers for, by name."""
    charts: dict[str, Chart] = {}
    for kind, draw in _PICTURES.items():
        if monitors.get(kind, {}).get("epochs"):
            charts |= draw(monitors[kind])
    return charts


def _gradient_flow(found: Mapping[str, Any]) -> dict[str, Chart]:
    epochs = found["epochs"]
    return {
        "gradient_norm": (
            _by_place(epochs, "gradient_norm", _logarithmic, _digits),
            "Gradient norm by depth and epoch",
        ),
        "update_ratio": (
            _by_place(epochs, "update_ratio", _logarithmic, _per_mille),
            "Length of a step's update over that of the weights, by depth and epoch",
        ),
    }


def _attention(found: Mapping[str, Any]) -> dict[str, Chart]:
    epochs, heads = found["epochs"], found["heads"]
    last = max(heads, key=int)
    cells = [
        {"column": head, "place": f"layer {number}", "shade": value, "shown": f"{value:.2f}"}
        for number, layer in enumerate(heads[last], 1)
        for head, value in enumerate(layer, 1)
    ]
    places = _from_the_top(cell["place"] for cell in cells)
    return {
        "attention_entropy": (
            _by_place(epochs, "entropy", _as_it_is, _two_places),
            "Attention entropy by layer and epoch, 0 one token, 1 all tokens alike",
        ),
        "attention_heads": (
            heat_map(cells, across="head", places=places),
            "Attention entropy by layer and head after the last epoch",
        ),
        "attention_distance": (
            _by_place(epochs, "distance", _linear, lambda value: f"{value:.1f}"),
            "Mean attention distance in tokens by layer and epoch",
        ),
    }


def _representation_drift(found: Mapping[str, Any]) -> dict[str, Chart]:
    return {
        "cka": (
            _by_place(found["epochs"], "cka", _how_far, _two_places),
            "Linear CKA with the start by layer and epoch, 1 unchanged",
        ),
        "cosine": (
            _by_place(found["epochs"], "cosine", _how_far, _two_places),
            "Cosine with the start by layer and epoch, 1 unchanged",
        ),
    }


def _forgetting(found: Mapping[str, Any]) -> dict[str, Chart]:
    names = {"topic_accuracy": "sorted by topic", "neighbours_kept": "neighbours kept"}
    chart = line_chart(found["epochs"], names, "of 120 general sentences")
    return {"forgetting": (chart, "Share of general sentences sorted by topic, and of neighbours kept, by epoch")}


_PICTURES: dict[str, Callable[[Mapping[str, Any]], dict[str, Chart]]] = {
    "gradient_flow": _gradient_flow,
    "attention": _attention,
    "representation_drift": _representation_drift,
    "forgetting": _forgetting,
}


def _by_place(
    epochs: Sequence[Mapping[str, Any]],
    what: str,
    shade: Callable[[Sequence[float]], list[float]],
    show: Callable[[float], str],
) -> dict[str, Any]:
    """Of the numbers called `what/place`, a picture of place × epoch."""
    found = [
        (each["epoch"], key.split("/", 1)[1], value)
        for each in epochs
        for key, value in each.items()
        if key.startswith(f"{what}/")
    ]
    shades = shade([value for *_, value in found])
    cells = [
        {"column": epoch, "place": place, "shade": shaded, "shown": show(value)}
        for (epoch, place, value), shaded in zip(found, shades, strict=True)
    ]
    return heat_map(cells, across="epoch", places=_from_the_top(place for _, place, _ in found))


def _from_the_top(places: Any) -> list[str]:
    """Each place once, the head first and the embeddings last."""

    def depth(place: str) -> int:
        named = {"embeddings": -1, "final norm": 1_000_000, "head": 1_000_001}
        return named.get(place, int(place.rsplit(" ", 1)[-1]) if place.startswith("layer ") else 0)

    return sorted(dict.fromkeys(places), key=depth, reverse=True)


def _logarithmic(values: Sequence[float]) -> list[float]:
    logs = [math.log10(max(value, 1e-12)) for value in values]
    return _linear([max(each, max(logs) - 6) for each in logs]) if logs else []


def _linear(values: Sequence[float]) -> list[float]:
    lowest, highest = min(values, default=0.0), max(values, default=0.0)
    return [(value - lowest) / ((highest - lowest) or 1.0) for value in values]


def _as_it_is(values: Sequence[float]) -> list[float]:
    return [min(1.0, max(0.0, value)) for value in values]


def _how_far(values: Sequence[float]) -> list[float]:
    return [min(1.0, max(0.0, 1 - value)) for value in values]


def _digits(value: float) -> str:
    return f"{value:.2g}"


def _per_mille(value: float) -> str:
    return f"{value * 1000:.2g}" if value >= 1e-4 else f"{value * 1000:.1g}"


def _two_places(value: float) -> str:
    return f"{value:.2f}"
