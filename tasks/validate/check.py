"""Rows → those that pass, those that do not with their reasons, and what was seen on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import great_expectations as gx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.memory import give_back
from tasks.table import ANY
from tasks.targets import Target
from tasks.texts import Text, holds_pairs, texts_of
from tasks.validate.classes import count_classes, find_mistakes, known_classes, unknown_classes
from tasks.validate.expectations import Checker, Outcome
from tasks.validate.label_errors import LabelErrors, can_have_label_errors, draw_sample, find_label_errors
from tasks.validate.limits import stop_if_critical, stop_if_labels_too_rare, stop_if_too_many
from tasks.validate.quarantine import Quarantine
from tasks.validate.reasons import (
    set_conflicts_aside,
    set_duplicates_aside,
    set_failing_aside,
    set_rare_aside,
    set_suspects_aside,
)
from tasks.validate.repeats import Conflicts, find_conflicts, find_duplicates
from tasks.validate.settings import ValidateSettings
from tasks.validate.suite import (
    MISTAKE,
    UNKNOWN,
    file_suite,
    held_out_suite,
    kept_suite,
    label_suite,
    row_suite,
)

Featurise = Callable[[list[Text]], np.ndarray]
"""Texts or pairs → features, (N, D) float32."""


@dataclass(frozen=True)
class Checked:
    """What the checks came to."""

    rows: pa.Table
    """All rows, as read; positions below are positions in it."""
    is_kept: np.ndarray
    """Which of them passed, (N,) bool."""
    aside: pa.Table
    """The others, with their reasons: tasks.table.QUARANTINE."""
    reasons: dict[str, int]
    """Rows with each reason, the most frequent first; a row may have several."""
    labels: dict[str, int]
    """Kept rows of each known label."""
    repeated: int
    """Rows that repeat an earlier one, kept or not."""
    conflicts: Conflicts
    """Rows whose text (or pair of texts) has targets that contradict each other, kept or not."""
    suites: dict[str, gx.ExpectationSuite]
    outcomes: dict[str, list[Outcome]]
    """How each suite's expectations came out."""
    label_errors: LabelErrors | None
    """None if nobody looked."""

    @property
    def kept(self) -> pa.Table:
        """The rows that passed, copied."""
        return self.rows.filter(pa.array(self.is_kept))


def check_rows(rows: pa.Table, settings: ValidateSettings, target: Target, featurise: Featurise) -> Checked:
    """Check rows of tasks.table.INGESTED.

    Raises DataError if the rows that pass are too few, or those that do not too many.
    """
    checker, quarantine = Checker(), Quarantine(rows.num_rows)
    outcomes = {"file": checker.check(file_suite(), rows.slice(0, 1).to_pandas())}  # the first row tells
    stop_if_critical(outcomes["file"], rows, quarantine)
    looked_at, readable = _with_mistakes(rows, target)
    labels = known_classes(_learnable(readable), settings, target)
    suites = _suites(rows, settings, labels, target)
    if target.has_classes and not target.has_one_class:
        unknown = unknown_classes(readable["label"], labels, target)
        looked_at = looked_at.append_column(UNKNOWN, unknown)

    outcomes["row"] = checker.check_rows(suites["row"], looked_at)
    set_failing_aside(quarantine, outcomes["row"], looked_at, labels)
    repeated, conflicts = _look_for_repeats(rows, settings, target, quarantine)
    outcomes |= _check_rest(checker, suites, rows, settings, labels, target, quarantine)

    label_errors = None
    if settings.label_errors != "off" and can_have_label_errors(target):
        label_errors = _look_for_label_errors(rows, settings, target, quarantine, featurise)
    if settings.label_errors == "drop" and label_errors is not None:
        set_suspects_aside(quarantine, rows, label_errors)
        outcomes |= _check_rest(checker, suites, rows, settings, labels, target, quarantine)

    is_kept = ~quarantine.removed
    return Checked(
        rows=rows,
        is_kept=is_kept,
        aside=quarantine.table(rows),
        reasons=quarantine.counts,
        labels=count_classes(rows["label"].filter(pa.array(is_kept)), labels, target),
        repeated=int(repeated.sum()),
        conflicts=conflicts,
        suites=suites,
        outcomes=outcomes,
        label_errors=label_errors,
    )


def _with_mistakes(rows: pa.Table, target: Target) -> tuple[pa.Table, pa.Table]:
    """The rows with what is wrong with each target; and (side, line, label) with the label null where it is wrong."""
    narrow = rows.select(["side", "line", "label"])
    if target.is_stored_as_written:
        return rows, narrow
    mistakes = find_mistakes(rows, target)
    readable = pc.if_else(pc.is_null(mistakes), rows["label"].combine_chunks(), None)
    return rows.append_column(MISTAKE, mistakes), narrow.set_column(2, "label", readable)


def _suites(
    rows: pa.Table, settings: ValidateSettings, labels: Sequence[str], target: Target
) -> dict[str, gx.ExpectationSuite]:
    rows_suite = row_suite(settings, labels, target, pairs=holds_pairs(rows))
    suites = [file_suite(), rows_suite, kept_suite(settings, target)]
    suites += [label_suite(settings)] * target.has_classes
    suites += [held_out_suite(side) for side in _held_out(rows)]
    return {suite.name: suite for suite in suites}


def _look_for_repeats(
    rows: pa.Table, settings: ValidateSettings, target: Target, quarantine: Quarantine
) -> tuple[np.ndarray, Conflicts]:
    """Which rows are duplicates and which are in conflict; set aside if the settings say so."""
    repeated = find_duplicates(rows)
    conflicts = find_conflicts(rows, ~quarantine.removed, target)  # a misspelt label is no second opinion
    if settings.duplicates == "drop":
        set_duplicates_aside(quarantine, rows, repeated)
    if settings.conflicts == "drop":
        set_conflicts_aside(quarantine, rows, conflicts, target)
    return repeated, conflicts


def _check_rest(
    checker: Checker,
    suites: dict[str, gx.ExpectationSuite],
    rows: pa.Table,
    settings: ValidateSettings,
    labels: Sequence[str],
    target: Target,
    quarantine: Quarantine,
) -> dict[str, list[Outcome]]:
    """How the suites about the usable rows came out; stops if there are too few of them."""
    if settings.labels is None:
        set_rare_aside(quarantine, rows, labels, settings.min_rows_per_label, target)
    stop_if_too_many(rows, quarantine, settings.max_bad_fraction)
    usable = rows.select(["side", "label"]).filter(pa.array(~quarantine.removed))
    learnable = _learnable(usable)
    outcomes = {"kept": checker.check(suites["kept"], learnable.select(["label"]).to_pandas())}
    for side in _held_out(rows):
        held_out = usable.filter(pc.equal(usable["side"], side))
        outcomes[side] = checker.check(suites[side], held_out.select(["label"]).to_pandas())
        stop_if_critical(outcomes[side], rows, quarantine)
    stop_if_critical(outcomes["kept"], rows, quarantine)
    if "label" in suites:
        counts = {
            label: count
            for label, count in count_classes(learnable["label"], labels, target).items()
            if count or settings.labels is not None  # a learned label without rows is in quarantine, and said to be
        }
        shares = [count / max(1, learnable.num_rows) for count in counts.values()]
        frame = pd.DataFrame({"label": list(counts), "rows": list(counts.values()), "share": shares})
        outcomes["label"] = checker.check(suites["label"], frame)
        stop_if_labels_too_rare(outcomes["label"], counts, rows, quarantine)
    return outcomes


def _look_for_label_errors(
    rows: pa.Table, settings: ValidateSettings, target: Target, quarantine: Quarantine, featurise: Featurise
) -> LabelErrors:
    """Likely label errors among a sample of the usable rows that can be learned from, told by position."""
    learnable = pc.equal(rows["side"], ANY).to_numpy()
    sample = draw_sample(np.flatnonzero(~quarantine.removed & learnable), settings.label_error_rows, settings.seed)
    looked_at = rows.select(["text", "pair", "label"]).take(pa.array(sample))
    give_back()  # the repeats of a million rows leave 200 MB that the model can have
    texts = texts_of(looked_at)
    found = find_label_errors(featurise(texts), texts, looked_at["label"].to_pylist(), target, settings.seed)
    give_back()  # and the model leaves 300 MB to the tables that follow
    return replace(found, suspects=tuple(replace(each, position=int(sample[each.position])) for each in found.suspects))


def _learnable(rows: pa.Table) -> pa.Table:
    """The rows that are not held out: no official test's or val's, and no further test set's."""
    return rows.filter(pc.equal(rows["side"], ANY))


def _held_out(rows: pa.Table) -> list[str]:
    """The sides of the rows that are held out, in the order they were read."""
    return [side for side in pc.unique(rows["side"]).to_pylist() if side != ANY]
