"""A workspace whose every stage has reported, with hostile texts in it."""

import pytest

from tasks.files import write_json
from tasks.paths import Paths
from tasks.report.run_report import render_run_report

HOSTILE = '<script>fetch("https://evil.example/")</script><img src=https://evil.example/x onerror=alert(1)>\x1b[31m'
DIFFERENCE = {"value": 0.02, "low": 0.01, "high": 0.03}
SHARE = {"value": 0.9, "low": 0.85, "high": 0.95}


@pytest.fixture
def hostile_text():
    return HOSTILE


@pytest.fixture(scope="module")
def results():
    error = {
        "text": HOSTILE,
        "line": 7,
        "actual": "=cmd",
        "predicted": HOSTILE,
        "confidence": 0.99,
        "actual_probability": 0.01,
        "nearest": [{"text": f"@{HOSTILE}", "label": HOSTILE, "line": 3, "similarity": 0.8}],
    }
    names = ("accuracy", "macro_f1", "weighted_f1", "mcc", "top3", "log_loss", "ece")
    baseline = {"name": "majority", "title": "most frequent label", "accuracy": SHARE, "macro_f1": SHARE}
    return {
        "resamples": 1000,
        "confidence": 0.95,
        "seed": 0,
        "rows": 100,
        "texts_cut": {"test": 90, "max_tokens": 128},
        "train_rows": 400,
        "labels": ["=cmd", HOSTILE],
        "metrics": dict.fromkeys(names, SHARE),
        "target": "label",
        "verdict": "accuracy",
        "compared_by": ["accuracy", "macro_f1"],
        "per_group": [
            {"label": HOSTILE, "precision": 0.9, "recall": 0.9, "f1": 0.9, "test_rows": 50, "train_rows": 200}
        ],
        "baseline_train_rows": 400,
        "baselines": [baseline | {"gain": {"accuracy": DIFFERENCE, "macro_f1": DIFFERENCE}}],
        "slices": [{"name": "short", "why": "up to 9", "rows": 30, "score": SHARE, "difference": DIFFERENCE}],
        "confusions": [{"actual": "=cmd", "predicted": HOSTILE, "rows": 5, "share": 0.1}],
        "confusion": [[0, 0, 45], [0, 1, 5], [1, 1, 50]],
        "reliability": [{"from": 0.8, "to": 0.9, "rows": 100, "confidence": 0.85, "accuracy": 0.9}],
        "errors": [error] * 7,
        "base": {"id": HOSTILE, "revision": "1" * 40, "sha256": "2" * 64},
        "files": {"train": "3" * 64, "test": "4" * 64},
    }


@pytest.fixture
def workspace(tmp_path, results):
    return make_workspace(tmp_path, results)


@pytest.fixture(scope="module")
def plain_report(tmp_path_factory, results):
    """The page of a run that was not registered, rendered once for those who only read it."""
    return render_run_report(make_workspace(tmp_path_factory.mktemp("report"), results), None)


def make_workspace(root, results):
    paths = Paths(root)
    history = [
        {"epoch": number, "train_loss": 1 / number, "val_loss": 1 / number, "val_accuracy": 0.8, "val_macro_f1": 0.7}
        for number in (1, 2, 3)
    ]
    reports = {
        "ingest": {"rows": 560, "sources": [{"name": HOSTILE, "sha256": "5" * 64, "rows": 560}]},
        "validate": {"rows_in": 560, "rows_out": 550, "quarantined": 10, "reasons": {"duplicate": 9, "=cmd": 1}},
        "split": {
            "rows": {"in": 550, "train": 400, "val": 48, "test": 100},
            "removed_repeats_of_test": {"exact": 1, "near": 0},
            "dealt_for_minimums": {"rows": 2, "strata": {}},
            "set_aside": 1,
            "leaks": {"exact": 0, "normalised": 0, "near": 0},
        },
        "augment": {"rows": 450, "added": 50},
        "finetune": {
            "strategy": {"kind": "lora", "rank": 8},
            "parameters": {"total": 1000, "trainable": 10},
            "history": history,
            "best_epoch": 2,
            "model_digest": "6" * 64,
            "rows": {"train": 450, "val": 50},
            "texts_cut": {"train": 440, "val": 0, "max_tokens": 128},
        },
    }
    for stage, report in reports.items():
        write_json(paths.report(stage), report)
    write_json(paths.evaluation / "results.json", results)
    return paths


@pytest.fixture
def verdict():
    return {
        "passed": False,
        "line": f"FAIL accuracy 0.900 {HOSTILE}",
        "version": None,
        "rules": [
            {"name": "finite", "passed": True, "value": 0, "limit": 0, "why": "all finite"},
            {"name": "min_accuracy", "passed": False, "value": 0.9, "limit": 0.95, "why": "accuracy 0.900 < 0.95"},
            {"name": "max_ece", "passed": None, "value": None, "limit": None, "why": HOSTILE},
        ],
        "champion": {"version": 2, "model_digest": "7" * 64, "accuracy": 0.92, "difference": DIFFERENCE},
    }
