"""What the report, the plots and the register read of an evaluation: its shape as JSON"""

from typing import Any

import numpy as np

DIGITS = 6
"""Decimals kept: finer ones say nothing and differ between machines."""


def rounded(value: Any) -> Any:
    """The value with every float in it rounded; None for one that is no finite number, which JSON does not have."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS) if np.isfinite(value) else None
    return value


def headline_numbers(results: dict[str, Any]) -> dict[str, Any]:
    """The numbers of data/reports/evaluate.json, fit for `dvc metrics`: no text, few columns."""
    metrics = results["metrics"]
    return {
        "rows": results["rows"],
        "texts_cut": results["texts_cut"],
        **{name: measured["value"] for name, measured in metrics.items()},
        "intervals": {name: {"low": each["low"], "high": each["high"]} for name, each in metrics.items()},
        "verdict": results["verdict"],
        "baselines": {each["name"]: _baseline_numbers(each, results["compared_by"]) for each in results["baselines"]},
        "frozen_inverse_penalty": results["frozen_inverse_penalty"],
        "slices": {
            each["name"]: {key: each[key] for key in ("rows", "score", "difference")} for each in results["slices"]
        },
        "extra": {
            name: {metric: measured["value"] for metric, measured in each["metrics"].items()}
            for name, each in results["extra"].items()
        },
    }


def _baseline_numbers(baseline: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    """The baseline's own value of each metric, and the model's gain over it."""
    own = {name: baseline[name]["value"] for name in metrics}
    return own | {f"{name}_gain": baseline["gain"][name] for name in metrics}
