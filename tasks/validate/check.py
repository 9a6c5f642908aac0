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
from tasks.texts import Text, holds_pairs, texts_of
from tasks.validate.expectations import Checker, Outcome
from tasks.validate.label_errors import LabelErrors, draw_sample, find_label_errors
from tasks.validate.labels import LabelCount, learn_labels
from tasks.validate.limits import stop_if_critical, stop_if_labels_too_rare, stop_if_too_many
from tasks.validate.quarantine import Quarantine
from tasks.validate.reasons import (
    count_labels,
    set_conflicts_aside,
    set_duplicates_aside,
    set_failing_aside,
    set_rare_aside,
    set_suspects_aside,
)
from tasks.validate.repeats import find_conflicts, find_duplicates
from tasks.validate.settings import ValidateSettings
from tasks.validate.suite import file_suite, held_out_suite, kept_suite, label_suite, row_suite

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
    conflicting: int
    """Rows whose text (or pair of texts) has several labels, kept or not."""
    suites: dict[str, gx.ExpectationSuite]
    outcomes: dict[str, list[Outcome]]
    """How each suite's expectations came out."""
    label_errors: LabelErrors | None
    """None if nobody looked."""

    @property
    def kept(self) -> pa.Table:
        """The rows that passed, copied."""
        return self.rows.filter(pa.array(self.is_kept))


def check_rows(rows: pa.Table, settings: ValidateSettings, featurise: Featurise) -> Checked:
    """Check rows of tasks.table.INGESTED.

    Raises DataError if the rows that pass are too few, or those that do not too many.
    """
    checker, quarantine = Checker(), Quarantine(rows.num_rows)
    outcomes = {"file": checker.check(file_suite(), rows.slice(0, 1).to_pandas())}  # the first row tells
    stop_if_critical(outcomes["file"], rows, quarantine)
    labels = settings.labels or learn_labels(
        _counted(_learnable(rows.select(["side", "label", "line"]))), settings.min_rows_per_label
    )
    suites = _suites(rows, settings, labels)

    outcomes["row"] = checker.check_rows(suites["row"], rows)
    set_failing_aside(quarantine, outcomes["row"], rows, labels)
    repeated, conflicting = _look_for_repeats(rows, settings, quarantine)
    outcomes |= _check_rest(checker, suites, rows, settings, labels, quarantine)

    label_errors = None
    if settings.label_errors != "off":
        label_errors = _look_for_label_errors(rows, settings, quarantine, featurise)
    if settings.label_errors == "drop" and label_errors is not None:
        set_suspects_aside(quarantine, rows, label_errors)
        outcomes |= _check_rest(checker, suites, rows, settings, labels, quarantine)

    is_kept = ~quarantine.removed
    return Checked(
        rows=rows,
        is_kept=is_kept,
        aside=quarantine.table(rows),
        reasons=quarantine.counts,
        labels=count_labels(rows.select(["label"]).filter(pa.array(is_kept)), labels),
        repeated=int(repeated.sum()),
        conflicting=int(conflicting.sum()),
        suites=suites,
        outcomes=outcomes,
        label_errors=label_errors,
    )


def _suites(rows: pa.Table, settings: ValidateSettings, labels: Sequence[str]) -> dict[str, gx.ExpectationSuite]:
    rows_suite = row_suite(settings, labels, pairs=holds_pairs(rows))
    suites = [file_suite(), rows_suite, kept_suite(settings), label_suite(settings)]
    suites += [held_out_suite(side) for side in _held_out(rows)]
    return {suite.name: suite for suite in suites}


def _look_for_repeats(
    rows: pa.Table, settings: ValidateSettings, quarantine: Quarantine
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are duplicates and which are in conflict; set aside if the settings say so."""
    repeated = find_duplicates(rows)
    conflicting = find_conflicts(rows, among=~quarantine.removed)  # a misspelt label is no second opinion
    if settings.duplicates == "drop":
        set_duplicates_aside(quarantine, rows, repeated)
    if settings.conflicts == "drop":
        set_conflicts_aside(quarantine, rows, conflicting)
    return repeated, conflicting


def _check_rest(
    checker: Checker,
    suites: dict[str, gx.ExpectationSuite],
    rows: pa.Table,
    settings: ValidateSettings,
    labels: Sequence[str],
    quarantine: Quarantine,
) -> dict[str, list[Outcome]]:
    """How the suites about the usable rows came out; stops if there are too few of them."""
    if settings.labels is None:
        set_rare_aside(quarantine, rows, labels, settings.min_rows_per_label)
    stop_if_too_many(rows, quarantine, settings.max_bad_fraction)
    usable = rows.select(["side", "label"]).filter(pa.array(~quarantine.removed))
    learnable = _learnable(usable)
    counts = {
        label: count
        for label, count in count_labels(learnable, labels).items()
        if count or settings.labels is not None  # a learned label without rows is in quarantine, and said to be
    }
    shares = [count / max(1, learnable.num_rows) for count in counts.values()]
    outcomes = {
        "kept": checker.check(suites["kept"], learnable.select(["label"]).to_pandas()),
        "label": checker.check(
            suites["label"], pd.DataFrame({"label": list(counts), "rows": list(counts.values()), "share": shares})
        ),
    }
    for side in _held_out(rows):
        held_out = usable.filter(pc.equal(usable["side"], side))
        outcomes[side] = checker.check(suites[side], held_out.select(["label"]).to_pandas())
        stop_if_critical(outcomes[side], rows, quarantine)
    stop_if_critical(outcomes["kept"], rows, quarantine)
    stop_if_labels_too_rare(outcomes["label"], counts, rows, quarantine)
    return outcomes


def _look_for_label_errors(
    rows: pa.Table, settings: ValidateSettings, quarantine: Quarantine, featurise: Featurise
) -> LabelErrors:
    """Likely label errors among a sample of the usable rows that can be learned from, told by position."""
    learnable = pc.equal(rows["side"], ANY).to_numpy()
    sample = draw_sample(np.flatnonzero(~quarantine.removed & learnable), settings.label_error_rows, settings.seed)
    looked_at = rows.select(["text", "pair", "label"]).take(pa.array(sample))
    give_back()  # the repeats of a million rows leave 200 MB that the model can have
    features = featurise(texts_of(looked_at))
    found = find_label_errors(features, looked_at["label"].to_pylist(), settings.seed)
    give_back()  # and the model leaves 300 MB to the tables that follow
    return replace(found, suspects=tuple(replace(each, position=int(sample[each.position])) for each in found.suspects))


def _learnable(rows: pa.Table) -> pa.Table:
    """The rows that are not held out: no official test's or val's, and no further test set's."""
    return rows.filter(pc.equal(rows["side"], ANY))


def _held_out(rows: pa.Table) -> list[str]:
    """The sides of the rows that are held out, in the order they were read."""
    return [side for side in pc.unique(rows["side"]).to_pylist() if side != ANY]


def _counted(rows: pa.Table) -> list[LabelCount]:
    """Each label, how often it occurs and where first; those of one row are left out, they may be millions."""
    grouped = rows.select(["label", "line"]).group_by("label").aggregate([("line", "count"), ("line", "min")])
    grouped = grouped.filter(pc.and_(pc.greater(grouped["line_count"], 1), pc.is_valid(grouped["label"])))
    return [LabelCount(each["label"], each["line_count"], each["line_min"]) for each in grouped.to_pylist()]
