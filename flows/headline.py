"""A stage's numbers → the few worth a line."""

from collections.abc import Callable, Mapping
from typing import Any

from flows.news import Outcome

Numbers = Mapping[str, Any]


def headline(outcome: Outcome) -> str:
    """What a person looks for first, in words; "" if the stage's report does not hold it."""
    try:
        return _WORDS[outcome.stage](outcome.numbers)
    except (KeyError, TypeError):
        return ""


def _finetune(numbers: Numbers) -> str:
    score = f"val macro F1 {numbers['best_val_macro_f1']:.3f}"
    post = numbers.get("post")
    how = f"by {post['kind']}, {post['saved_as']}" if post else f"in epoch {numbers['best_epoch']}"
    return f"{score} {how}{_cut(numbers, sum(numbers.get('rows', {}).values()))}"


def _evaluate(numbers: Numbers) -> str:
    interval = numbers["intervals"]["accuracy"]
    shown = f"accuracy {numbers['accuracy']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
    return shown + _cut(numbers, numbers.get("rows", 0))


def _cut(numbers: Numbers, rows: int) -> str:
    """How many texts were cut at base.max_tokens, if any were."""
    counts = numbers.get("texts_cut", {})
    cut = sum(count for side, count in counts.items() if side != "max_tokens")
    return f", {cut:,} of {rows:,} texts cut at {counts['max_tokens']} tokens" if cut else ""


_WORDS: dict[str, Callable[[Numbers], str]] = {
    "ingest": lambda numbers: f"{numbers['rows']:,} rows, {numbers['labels']} labels",
    "validate": lambda numbers: f"{numbers['rows_out']:,} rows usable, {numbers['quarantined']:,} set aside",
    "split": lambda numbers: " / ".join(f"{numbers['rows'][side]:,} {side}" for side in ("train", "val", "test")),
    "augment": lambda numbers: f"{numbers['rows']['new']:,} rows added to {numbers['rows']['train']:,}",
    "finetune": _finetune,
    "evaluate": _evaluate,
    "register": lambda numbers: str(numbers["line"]),
}
