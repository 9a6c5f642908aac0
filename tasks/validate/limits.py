"""When the data are too bad to go on with."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from tasks.errors import DataError
from tasks.table import ANY, held_out_file
from tasks.validate.expectations import Outcome
from tasks.validate.labels import quoted
from tasks.validate.quarantine import DUPLICATE, Quarantine

EXAMPLES = 3
"""Lines named for each reason."""


def stop_if_too_many(rows: pa.Table, quarantine: Quarantine, max_bad_fraction: float) -> None:
    """Raise DataError, with the reasons counted and the first lines named, if too many rows are unusable."""
    bad = int(quarantine.bad.sum())
    if bad > max_bad_fraction * rows.num_rows:
        raise DataError(
            f"{bad} of {rows.num_rows} rows ({bad / rows.num_rows:.1%}) are unusable, more than "
            f"validate.max_bad_fraction allows ({max_bad_fraction:.1%}): {_reasons(rows, quarantine)}. "
            "Mend the file, or raise the limit in params.yaml."
        )


def stop_if_critical(outcomes: Iterable[Outcome], rows: pa.Table, quarantine: Quarantine) -> None:
    """Raise DataError if a table, or the counts of its labels, do not hold what is critical."""
    for each in outcomes:
        if each.severity == "critical" and not each.passed:
            aside = f" Set aside: {_reasons(rows, quarantine)}." if quarantine.counts else ""
            raise DataError(f"{each.description}: not so, found {each.observed}. {each.advice}.{aside}")


def stop_if_labels_too_rare(
    outcomes: Iterable[Outcome], counts: Mapping[str, int], rows: pa.Table, quarantine: Quarantine
) -> None:
    """Raise DataError that names each label with too few usable rows.

    outcomes: of the label suite, on a frame with a row for each of `counts`, the usable rows of each label.
    """
    for each in outcomes:
        if each.severity == "critical" and not each.passed:
            labels = list(counts)
            rare = [f"{quoted(labels[position])} has {counts[labels[position]]}" for position in each.rows[:5]]
            more = f" and {len(each.rows) - 5} more" if len(each.rows) > 5 else ""
            aside = f" Set aside: {_reasons(rows, quarantine)}." if quarantine.counts else ""
            raise DataError(f"{each.description}: not so, {', '.join(rare)}{more}. {each.advice}.{aside}")


def _reasons(rows: pa.Table, quarantine: Quarantine) -> str:
    bad = {reason: count for reason, count in quarantine.counts.items() if reason != DUPLICATE}
    told = [f"{reason} {count} ({_where(rows, quarantine, reason)})" for reason, count in bad.items()]
    if DUPLICATE in quarantine.counts:
        told.append(f"{DUPLICATE} {quarantine.counts[DUPLICATE]}")
    return "; ".join(told)


def _where(rows: pa.Table, quarantine: Quarantine, reason: str) -> str:
    """The first lines with this reason, and the advice for the first of them."""
    first = quarantine.first_rows(reason, EXAMPLES)
    lines = ", ".join(_line(rows, position) for position in first)
    more = ", …" if quarantine.counts[reason] > EXAMPLES else ""
    word = "line" if len(first) == 1 else "lines"
    return f"{word} {lines}{more}: {quarantine.advice(reason, first[:1])[0]}"


def _line(rows: pa.Table, position: np.int64) -> str:
    line = str(rows["line"][position].as_py())
    side = rows["side"][position].as_py()
    return line if side == ANY else f"{line} of the {held_out_file(side)}"
