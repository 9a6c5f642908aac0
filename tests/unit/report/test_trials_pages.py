"""The pages of a comparison and a search: what they say, and that they escape what they are given."""

from typing import Any

from tasks.report.comparison_page import render_comparison
from tasks.report.search_page import render_search

NASTY = "<script>x</script>"


def _score(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def _candidate(name: str, score: float, **more: Any) -> dict[str, Any]:
    costs = {"cpu_seconds": 10.0, "trainable": 10, "total": 20, "bytes": 3_000_000}
    shown = {"milliseconds": 1.0, "times_fastest": 1.0, "epochs": [2, 2], "by_seed": [score, score]}
    fronts = {"on_cost_front": True, "on_size_front": False, "is_over_budget": False, "lines": {}}
    return {"name": name, "macro_f1": _score(score), "accuracy": _score(score), **costs, **shown, **fronts, **more}


def _comparison(**more: Any) -> dict[str, Any]:
    behind = {"value": 0.1, "low": 0.02, "high": 0.2, "p": 0.03, "p_corrected": 0.06, "is_shown": False}
    test = {"candidate": "full", "seed": 0, "rows": 50, "looks": 1, "accuracy": _score(0.7), "macro_f1": _score(0.6)}
    return {
        "id": "a" * 16,
        "candidates": [_candidate("full", 0.8), _candidate(NASTY, 0.7, behind=behind)],
        "failed": [{"name": "bad", "seed": 1, "reason": NASTY}],
        "winner": "full",
        "metric": "macro_f1",
        "metrics": {"macro_f1": "macro F1", "accuracy": "accuracy"},
        "shares": ["macro_f1", "accuracy"],
        "verdict": "No difference shown between full and lora.",
        "budget": "2 epochs each",
        "seeds": [0, 1],
        "rows": 100,
        "allowed": None,
        "confidence": 0.95,
        "resamples": 4000,
        "test": test,
        "patch": "data/comparisons/a/patch.yaml",
        "lines": "finetune: {epochs: 2}",
    } | more


def test_comparison_says_verdict_costs_failures_and_the_one_look() -> None:
    page = render_comparison(_comparison())
    for words in (
        "No difference shown",
        "≈ no difference shown",
        "Looked at once, by full",
        "Failed",
    ):
        assert words in page
    assert "<script" not in page
    assert "had won when the look was taken" not in page


def test_a_winner_who_did_not_look_is_not_given_anothers_figure() -> None:
    test = _comparison()["test"] | {"candidate": "lora", "looks": 3}
    page = render_comparison(_comparison(test=test))
    assert "lora had won when the look was taken" in page
    assert "This is the 3. comparison that has looked" in page


def test_search_says_the_best_and_that_test_was_not_looked_at() -> None:
    trial = {"state": "complete", "words": NASTY, "value": 0.5, "curve": [0.4, 0.5], "cpu_seconds": 1.0, "reason": ""}
    failed = {"state": "failed", "words": "b", "value": None, "curve": [], "cpu_seconds": None, "reason": NASTY}
    found = {
        "id": "b" * 16,
        "space": {"finetune.epochs": {"low": 1, "high": 3, "log": False}, "preset": {"choices": ["lora", NASTY]}},
        "title": "macro F1",
        "is_share": True,
        "strategy": "partial",
        "trials": [trial | {"trial": 1}, failed | {"trial": 2}],
        "best": {"trial": 1, "words": NASTY, "val_score": 0.5},
        "importances": {"finetune.epochs": 1.0},
        "lines": NASTY,
        "patch": "data/searches/b/patch.yaml",
    }
    page = render_search(found)
    for words in ("Trial 1: macro F1 50.0", "The test side was not looked at", "share of the scores", "1 to 3"):
        assert words in page
    assert "<script" not in page
