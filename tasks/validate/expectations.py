"""Suites and rows → which expectations hold, and which rows fail them (Great Expectations)."""

import logging
from dataclasses import dataclass, field
from typing import Any

import great_expectations as gx
import numpy as np
import pandas as pd
import pyarrow as pa
from great_expectations.data_context.types.base import ProgressBarsConfig

from tasks.errors import FinetraceError
from tasks.texts import holds_pairs
from tasks.validate.characters import visible_lengths
from tasks.validate.suite import LENGTHS, MISTAKE, UNKNOWN

CHUNK_ROWS = 200_000
"""Rows looked at at once: bounds what Great Expectations copies."""

_RESULT_FORMAT = {"result_format": "COMPLETE", "return_unexpected_index_query": False}


@dataclass(frozen=True)
class Outcome:
    """How one expectation came out."""

    name: str
    """The expectation's type, e.g. expect_column_values_to_be_in_set."""
    column: str
    """The column it is about, or "" for the whole table."""
    reason: str
    description: str
    advice: str
    severity: str
    """"critical" or "warning"."""
    passed: bool
    unexpected: int
    """Rows that fail; 0 for an expectation about the whole table."""
    observed: Any = None
    """What was found, for an expectation about the whole table."""
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False, compare=False)
    """Index of the rows that fail, int64."""


class Checker:
    """Great Expectations, in memory: nothing is stored, sent or drawn."""

    def __init__(self) -> None:
        logging.getLogger("great_expectations.data_context.types.base").setLevel(
            logging.WARNING
        )  # it tells of a folder
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas(name="rows").add_dataframe_asset(name="rows")
        self._batches = asset.add_batch_definition_whole_dataframe(name="all")

    def check(self, suite: gx.ExpectationSuite, frame: pd.DataFrame) -> list[Outcome]:
        """Every expectation of the suite against the frame; failing rows are told by the frame's index.

        Batch.validate and not a Checkpoint: a Checkpoint also serialises each failing row into a store, which takes as
        long again and is kept in memory. The index and not `unexpected_index_column_names`: that looks rows up one by
        one (200,000 failing rows: 11 s against 0.4 s).
        """
        batch = self._batches.get_batch(batch_parameters={"dataframe": frame})
        results = batch.validate(suite, result_format=_RESULT_FORMAT).results
        by_configuration = {_key(result.expectation_config): _outcome(result) for result in results}
        return [by_configuration[_key(each.configuration)] for each in suite.expectations]  # results come in any order

    def check_rows(self, suite: gx.ExpectationSuite, table: pa.Table, chunk_rows: int = CHUNK_ROWS) -> list[Outcome]:
        """The row suite against a table of tasks.table.INGESTED, in chunks; failing rows are told by position.

        The table may have the columns MISTAKE and UNKNOWN of tasks.validate.suite on top, where the suite names them.
        """
        merged: list[Outcome] | None = None
        columns = ["text", "pair"] if holds_pairs(table) else ["text"]
        for start in range(0, table.num_rows, chunk_rows):
            frame = _row_frame(table.slice(start, chunk_rows), start, columns)
            outcomes = self.check(suite, frame)
            merged = outcomes if merged is None else [_add(*pair) for pair in zip(merged, outcomes, strict=True)]
        return merged or []


def _row_frame(rows: pa.Table, start: int, columns: list[str]) -> pd.DataFrame:
    looked_at = rows.select([*columns, "label", *(name for name in (MISTAKE, UNKNOWN) if name in rows.column_names)])
    for column in columns:
        looked_at = looked_at.append_column(LENGTHS[column], visible_lengths(rows[column]))
    frame = looked_at.to_pandas()
    frame.index = pd.RangeIndex(start, start + rows.num_rows)
    return frame


def _key(configuration: Any) -> tuple[str, str]:
    return configuration.type, configuration.meta["reason"]


def _outcome(result: Any) -> Outcome:
    configuration = result.expectation_config
    _refuse_exception(configuration, result.exception_info)
    failing = np.asarray(result.result.get("unexpected_index_list") or [], dtype=np.int64)
    return Outcome(
        name=configuration.type,
        column=configuration.kwargs.get("column", ""),
        reason=configuration.meta["reason"],
        description=configuration.description,
        advice=configuration.meta["advice"],
        severity=configuration.severity.value,
        passed=bool(result.success),
        unexpected=len(failing),
        observed=result.result.get("observed_value"),
        rows=failing,
    )


def _refuse_exception(configuration: Any, information: dict[str, Any]) -> None:
    """An exception inside a result is not a failed expectation: it says nothing about the rows."""
    nested = [each for each in information.values() if isinstance(each, dict)]
    for each in nested or [information]:
        if each.get("raised_exception"):
            raise FinetraceError(
                f"Great Expectations could not evaluate {configuration.type} ({configuration.meta['reason']}): "
                f"{each.get('exception_message')}. Run `finetrace doctor`, it may be a version that does not fit."
            )


def _add(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(
        name=one.name,
        column=one.column,
        reason=one.reason,
        description=one.description,
        advice=one.advice,
        severity=one.severity,
        passed=one.passed and other.passed,
        unexpected=one.unexpected + other.unexpected,
        rows=np.concatenate([one.rows, other.rows]),
    )
