"""What the checks found → which rows are set aside, and with which advice."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.table import ANY, held_out_file
from tasks.targets import Target
from tasks.texts import holds_pairs
from tasks.validate.classes import count_classes, names_any
from tasks.validate.expectations import Outcome
from tasks.validate.label_errors import LabelErrors
from tasks.validate.labels import explain_labels, quoted
from tasks.validate.quarantine import DUPLICATE, Quarantine
from tasks.validate.repeats import Conflicts, first_lines
from tasks.validate.suite import MISTAKE, UNKNOWN_LABEL

MOST_EXPLAINED = 1_000
"""Distinct unknown labels that get an advice of their own, the most frequent first."""


def set_failing_aside(
    quarantine: Quarantine, outcomes: Sequence[Outcome], rows: pa.Table, labels: Sequence[str]
) -> None:
    """Set aside the rows that fail a critical expectation of the row suite. rows: with its columns."""
    for each in outcomes:
        if each.severity != "critical":
            continue
        if each.reason == UNKNOWN_LABEL:
            _set_unknown_labels_aside(quarantine, each, rows[each.column], labels)
        elif each.column == MISTAKE:
            _set_mistakes_aside(quarantine, each, rows[MISTAKE])
        else:
            quarantine.add(each.reason, _mask(rows.num_rows, each.rows), each.advice)


def set_duplicates_aside(quarantine: Quarantine, rows: pa.Table, repeated: np.ndarray) -> None:
    """Set aside rows that repeat an earlier one; each is told the line of the first."""
    lines = first_lines(rows, repeated)
    quarantine.add(DUPLICATE, repeated, lambda positions: _numbered("repeats line ", lines[positions]))


def set_conflicts_aside(quarantine: Quarantine, rows: pa.Table, found: Conflicts, target: Target) -> None:
    """Set aside rows whose text (or pair) has several targets; each is told which, and where.

    A held-out row stays as it is where a row to learn from contradicts it: that one goes.
    """
    advice = _conflicts(rows, found, target)
    for reason, mask in (("conflicting_labels", found.on_side), ("conflict_with_held_out", found.with_held_out)):
        quarantine.add(reason, mask, lambda positions: _texts(advice[int(each)] for each in positions))


def set_rare_aside(quarantine: Quarantine, rows: pa.Table, labels: Sequence[str], minimum: int, target: Target) -> None:
    """Set aside what is left of learned labels that the other checks brought below the minimum."""
    too_rare = np.zeros(rows.num_rows, dtype=bool)
    while True:  # a row of several labels takes one from each of them
        is_left = ~(quarantine.removed | too_rare)
        usable = rows.select(["side", "label"]).filter(pa.array(is_left))
        counts = count_classes(usable.filter(pc.equal(usable["side"], ANY))["label"], labels, target)
        rare = [label for label, count in counts.items() if count < minimum]
        more = names_any(rows["label"], rare, target) & is_left
        if not more.any():
            break
        too_rare |= more
    advice = f"fewer than {minimum} usable rows have this label (validate.min_rows_per_label): add rows"
    quarantine.add("label_too_rare", too_rare, advice)


def set_suspects_aside(quarantine: Quarantine, rows: pa.Table, found: LabelErrors) -> None:
    """Set aside the rows whose label is likely wrong."""
    suggested = {each.position: each.suggested for each in found.suspects}
    mask = _mask(rows.num_rows, np.array(sorted(suggested), dtype=np.int64))
    quarantine.add(
        "likely_label_error",
        mask,
        lambda positions: _texts(f"reads like {quoted(suggested[int(each)])}" for each in positions),
    )


def _set_mistakes_aside(quarantine: Quarantine, outcome: Outcome, mistakes: pa.ChunkedArray) -> None:
    quarantine.add(
        outcome.reason,
        _mask(len(mistakes), outcome.rows),
        lambda places: mistakes.take(pa.array(places)).combine_chunks(),
    )


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


def _conflicts(rows: pa.Table, found: Conflicts, target: Target) -> dict[int, str]:
    """By position, what a row of a text or pair with several targets is told."""
    places = np.flatnonzero(found.group >= 0)
    few = rows.select(["side", "label", "line"]).take(pa.array(places)).to_pylist()
    first: dict[int, dict[tuple[str, str], int]] = {}
    for place, row in zip(places.tolist(), few, strict=True):
        first.setdefault(int(found.group[place]), {}).setdefault((row["side"], row["label"]), row["line"])
    what = "pair" if holds_pairs(rows) else "text"
    told = {group: _told(targets, what, target) for group, targets in first.items()}
    return {place: told[int(found.group[place])] for place in places.tolist()}


def _told(targets: dict[tuple[str, str], int], what: str, target: Target) -> str:
    named = [
        f"{quoted(target.shown(stored))} (line {line}{'' if side == ANY else ' of the ' + held_out_file(side)})"
        for (side, stored), line in list(targets.items())[:4]
    ]
    more = f" and {len(targets) - 4} more" if len(targets) > 4 else ""
    return f"the same {what} is labelled {', '.join(named)}{more}: decide on one"


def _mask(size: int, positions: np.ndarray) -> np.ndarray:
    mask = np.zeros(size, dtype=bool)
    mask[positions] = True
    return mask


def _texts(texts: Iterable[str]) -> pa.Array:
    return pa.array(list(texts), type=pa.string())


def _numbered(words: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(words, pa.array(numbers).cast(pa.string()), "")
