"""What the checks found → which rows are set aside, and with which advice."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.table import ANY
from tasks.texts import holds_pairs
from tasks.validate.expectations import Outcome
from tasks.validate.label_errors import LabelErrors
from tasks.validate.labels import explain_labels, quoted
from tasks.validate.quarantine import DUPLICATE, Quarantine
from tasks.validate.repeats import first_lines, same_text
from tasks.validate.suite import UNKNOWN_LABEL

MOST_EXPLAINED = 1_000
"""Distinct unknown labels that get an advice of their own, the most frequent first."""


def set_failing_aside(
    quarantine: Quarantine, outcomes: Sequence[Outcome], rows: pa.Table, labels: Sequence[str]
) -> None:
    """Set aside the rows that fail a critical expectation of the row suite."""
    for each in outcomes:
        if each.severity != "critical":
            continue
        if each.reason == UNKNOWN_LABEL:
            _set_unknown_labels_aside(quarantine, each, rows["label"], labels)
        else:
            quarantine.add(each.reason, _mask(rows.num_rows, each.rows), each.advice)


def set_duplicates_aside(quarantine: Quarantine, rows: pa.Table, repeated: np.ndarray) -> None:
    """Set aside rows that repeat an earlier one; each is told the line of the first."""
    lines = first_lines(rows, repeated)
    quarantine.add(DUPLICATE, repeated, lambda positions: _numbered("repeats line ", lines[positions]))


def set_conflicts_aside(quarantine: Quarantine, rows: pa.Table, conflicting: np.ndarray) -> None:
    """Set aside rows whose text (or pair) has several labels; each is told which, and where."""
    advice = _conflicts(rows, conflicting)
    quarantine.add("conflicting_labels", conflicting, lambda positions: _texts(advice[each] for each in positions))


def set_rare_aside(quarantine: Quarantine, rows: pa.Table, labels: Sequence[str], minimum: int) -> None:
    """Set aside what is left of a learned label that the other checks brought below the minimum."""
    usable = rows.select(["side", "label"]).filter(pa.array(~quarantine.removed))
    counts = count_labels(usable.filter(pc.equal(usable["side"], ANY)), labels)
    rare = [label for label, count in counts.items() if count < minimum]
    mask = pc.is_in(rows["label"], value_set=pa.array(rare, type=pa.string())).to_numpy() & ~quarantine.removed
    advice = f"fewer than {minimum} usable rows have this label (validate.min_rows_per_label): add rows"
    quarantine.add("label_too_rare", mask, advice)


def set_suspects_aside(quarantine: Quarantine, rows: pa.Table, found: LabelErrors) -> None:
    """Set aside the rows whose label is likely wrong."""
    suggested = {each.position: each.suggested for each in found.suspects}
    mask = _mask(rows.num_rows, np.array(sorted(suggested), dtype=np.int64))
    quarantine.add(
        "likely_label_error",
        mask,
        lambda positions: _texts(f"reads like {quoted(suggested[int(each)])}" for each in positions),
    )


def count_labels(rows: pa.Table, labels: Sequence[str]) -> dict[str, int]:
    """How many rows each of `labels` has, those without any included."""
    counted = pc.value_counts(rows["label"])
    counts = dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
    return {label: counts.get(label, 0) for label in labels}


def _set_unknown_labels_aside(
    quarantine: Quarantine, outcome: Outcome, column: pa.ChunkedArray, known: Sequence[str]
) -> None:
    failing = outcome.rows
    given = column.take(pa.array(failing))
    counted = pc.value_counts(given)
    order = np.argsort(-np.asarray(counted.field("counts")), kind="stable")[:MOST_EXPLAINED]
    unknown = counted.field("values").take(pa.array(order)).to_pylist()
    mistakes = explain_labels(unknown, known, otherwise=outcome.advice)
    which = pc.fill_null(pc.index_in(given, value_set=pa.array(unknown, type=pa.string())), len(unknown)).to_numpy()
    reasons = np.array([*(mistakes[label].reason for label in unknown), UNKNOWN_LABEL])[which]
    advice = pa.array([*(mistakes[label].advice for label in unknown), outcome.advice])
    for reason in np.unique(reasons).tolist():
        quarantine.add(
            reason,
            _mask(len(column), failing[reasons == reason]),
            lambda positions: advice.take(pa.array(which[np.searchsorted(failing, positions)])),
        )


def _conflicts(rows: pa.Table, conflicting: np.ndarray) -> dict[int, str]:
    """By position, what a row of a text or pair with several labels is told."""
    few = rows.filter(pa.array(conflicting))
    texts = [same_text(few[column]).to_pylist() for column in (("text", "pair") if holds_pairs(few) else ("text",))]
    keys = list(zip(few["side"].to_pylist(), *texts, strict=True))
    first: dict[tuple[str, ...], dict[str, int]] = {}
    for key, label, line in zip(keys, few["label"].to_pylist(), few["line"].to_pylist(), strict=True):
        first.setdefault(key, {}).setdefault(label, line)
    told = {key: _told(labels, "pair" if len(texts) > 1 else "text") for key, labels in first.items()}
    return {int(position): told[key] for position, key in zip(np.flatnonzero(conflicting), keys, strict=True)}


def _told(labels: dict[str, int], what: str) -> str:
    named = [f"{quoted(label)} (line {line})" for label, line in list(labels.items())[:4]]
    more = f" and {len(labels) - 4} more" if len(labels) > 4 else ""
    return f"the same {what} is labelled {', '.join(named)}{more}: decide on one"


def _mask(size: int, positions: np.ndarray) -> np.ndarray:
    mask = np.zeros(size, dtype=bool)
    mask[positions] = True
    return mask


def _texts(texts: Iterable[str]) -> pa.Array:
    return pa.array(list(texts), type=pa.string())


def _numbered(words: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(words, pa.array(numbers).cast(pa.string()), "")
