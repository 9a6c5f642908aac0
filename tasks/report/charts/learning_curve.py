"""Loss and held-out accuracy, epoch by epoch"""

from collections.abc import Mapping
from typing import Any

from tasks.report.charts.style import ACCENT, PASS, SOFT, chart
from tasks.report.metric_names import MetricName


def loss_chart(history: list[dict[str, Any]], best_epoch: int | None) -> dict[str, Any]:
    """Loss on train and val rows; a line marks the epoch whose weights were kept."""
    names = {"train_loss": "train", "val_loss": "val"}
    return _curves(history, names, "loss", best_epoch, ".2f")


def score_chart(
    history: list[dict[str, Any]], best_epoch: int | None, names: Mapping[str, MetricName]
) -> dict[str, Any]:
    """The scores on the val rows. names: by key, of two of them."""
    form = ".0%" if all(each.is_share for each in names.values()) else ".2f"
    titles = {key: each.title for key, each in names.items()}
    return _curves(history, titles, "on the val rows", best_epoch, form)


def _curves(
    history: list[dict[str, Any]], names: dict[str, str], title: str, best_epoch: int | None, form: str
) -> dict[str, Any]:
    values = [
        {"epoch": each["epoch"], "of": shown, "value": each[key]}
        for key, shown in names.items()
        for each in history
        if each.get(key) is not None
    ]
    whole = {"format": "d", "tickMinStep": 1, "grid": False}
    epochs = {"field": "epoch", "type": "quantitative", "scale": {"nice": False, "zero": False}, "axis": whole}
    shown = list(names.values())
    # the dash tells the lines apart where colour does not
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 25} if len(history) <= 30 else False},
        "encoding": {
            "x": epochs,
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"zero": False},
                "axis": {"format": form},
            },
            "color": {"field": "of", "scale": {"domain": shown, "range": [SOFT, ACCENT]}, "title": None},
            "strokeDash": {"field": "of", "scale": {"domain": shown, "range": [[5, 3], [1, 0]]}, "title": None},
        },
    }
    layers = [line]
    if best_epoch is not None and any(each["epoch"] == best_epoch for each in history):
        layers.insert(
            0,
            {
                "data": {"values": [{"epoch": best_epoch}]},
                "mark": {"type": "rule", "color": PASS, "strokeWidth": 1.5, "strokeDash": [2, 3]},
                "encoding": {"x": epochs},
            },
        )
    return chart(values, width=360, height=200, layer=layers)
