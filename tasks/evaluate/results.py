"""What the report, the plots and the register read of an evaluation: its shape as JSON"""

from typing import Any

import numpy as np

DIGITS = 6
"""Decimals kept: finer ones say nothing and differ between machines."""


def rounded(value: Any) -> Any:
    """The value with every float in it rounded."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return round(float(value), DIGITS) if isinstance(value, float | np.floating) else value


def label_table(found: dict[str, Any], labels: tuple[str, ...], train_numbers: np.ndarray) -> list[dict[str, Any]]:
    """Per label: precision, recall, f1, test rows, train rows; the weakest f1 first."""
    train_rows = np.bincount(train_numbers, minlength=len(labels))
    table = [
        {
            "label": label,
            "precision": found["precision"][number],
            "recall": found["recall"][number],
            "f1": found["f1"][number],
            "test_rows": int(found["support"][number]),
            "train_rows": int(train_rows[number]),
        }
        for number, label in enumerate(labels)
    ]
    return sorted(table, key=lambda row: (row["f1"], row["label"]))


def headline_numbers(results: dict[str, Any]) -> dict[str, Any]:
    """The numbers of data/reports/evaluate.json, fit for `dvc metrics`: no text, few columns."""
    metrics = results["metrics"]
    return {
        "rows": results["rows"],
        "texts_cut": results["texts_cut"],
        **{name: measured["value"] for name, measured in metrics.items()},
        "intervals": {name: {"low": each["low"], "high": each["high"]} for name, each in metrics.items()},
        "baselines": {
            each["name"]: {
                "accuracy": each["accuracy"]["value"],
                "macro_f1": each["macro_f1"]["value"],
                "accuracy_gain": each["gain"]["accuracy"],
                "macro_f1_gain": each["gain"]["macro_f1"],
            }
            for each in results["baselines"]
        },
        "frozen_inverse_penalty": results["frozen_inverse_penalty"],
        "slices": {
            each["name"]: {key: each[key] for key in ("rows", "accuracy", "difference")} for each in results["slices"]
        },
    }
