"""How good the answers are group by group: by label, by type of span, by range of numbers; and what is confused."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.targets import Target


def group_table(
    target: Target, truth: Sequence[str], answers: Sequence[str], scores: np.ndarray, train: Sequence[str]
) -> list[dict[str, Any]]:
    """Per group of the test rows: its rows, its train rows, their mean score, and where answers claim things (a label,
    a span) precision, recall and F1 of those; the weakest first.

    scores: (N,) of the rows. train: the train rows' targets.
    """
    found, there, claimed = count_claims(target, truth, answers)
    in_train = Counter(name for names in target.strata(train) for name in names)
    rows_of = {name.removeprefix(f"{target.group} "): rows for name, rows in target.rows_by_group(truth).items()}
    table = []
    for name in sorted({*rows_of, *there, *claimed}):
        rows = rows_of.get(name, np.zeros(0, dtype=np.int64))
        row: dict[str, Any] = {
            "label": name,
            "score": float(scores[rows].mean()) if len(rows) else None,
            "test_rows": len(rows),
            "train_rows": in_train[name] if target.has_classes else None,
        }
        if there or claimed:
            row |= _rates(found[name], there[name], claimed[name])
        table.append(row)
    return sorted(table, key=_weakness)


def _weakness(row: dict[str, Any]) -> tuple[float, str]:
    """F1, or where there is none the score: lower is weaker."""
    f1 = row.get("f1")
    return (row["score"] or 0.0) if f1 is None else f1, row["label"]


def count_claims(
    target: Target, truth: Sequence[str], answers: Sequence[str]
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How many claims of each group are right, there are to find, and were made."""
    found, there, claimed = Counter[str](), Counter[str](), Counter[str]()
    for true, answer in zip(truth, answers, strict=True):
        right, said = target.claims(true), target.claims(answer)
        found.update(group for group, _ in right & said)
        there.update(group for group, _ in right)
        claimed.update(group for group, _ in said)
    return found, there, claimed


def _rates(found: int, there: int, claimed: int) -> dict[str, float | None]:
    """None for a group that claims nothing, such as the rows without a span."""
    if not there + claimed:
        return dict.fromkeys(("precision", "recall", "f1"))
    return {
        "precision": found / claimed if claimed else 0.0,
        "recall": found / there if there else 0.0,
        "f1": 2 * found / (there + claimed),
    }


def confused_answers(
    target: Target, truth: Sequence[str], answers: Sequence[str], most: int = 20
) -> list[dict[str, Any]]:
    """Of several labels a row: the wrong answers given most often to rows of the same labels, most frequent first, with
    their share of these rows. Nothing where answers are numbers, or words are answered."""
    if not target.has_classes or target.per_word:
        return []
    support = Counter(truth)
    wrong = Counter(pair for pair in zip(truth, answers, strict=True) if pair[0] != pair[1])
    top = sorted(wrong.items(), key=lambda each: (-each[1], each[0]))[:most]
    return [
        {
            "actual": target.shown(true),
            "predicted": target.shown(answer),
            "rows": rows,
            "share": rows / support[true],
        }
        for (true, answer), rows in top
    ]


def confusions(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str], most: int = 20) -> dict[str, Any]:
    """Of one label a row: how often each label is taken for which, by number, and the pairs most often confused, most
    frequent first, with their share of the true label's rows. An answer that is no label, such as none, is left out."""
    number = {label: place for place, label in enumerate(labels)}
    counts = Counter(
        (number[true], number[answer]) for true, answer in zip(truth, answers, strict=True) if answer in number
    )
    support = Counter(number[true] for true in truth)
    wrong = sorted((-rows, pair) for pair, rows in counts.items() if pair[0] != pair[1])
    top = [
        {"actual": labels[pair[0]], "predicted": labels[pair[1]], "rows": -rows, "share": -rows / support[pair[0]]}
        for rows, pair in wrong[:most]
    ]
    return {"confusions": top, "confusion": [[*pair, rows] for pair, rows in sorted(counts.items())]}
