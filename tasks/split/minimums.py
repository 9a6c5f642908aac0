"""Whether each side has enough rows of each label."""

import numpy as np
import numpy.typing as npt

from tasks.errors import DataError
from tasks.split.settings import SplitSettings

_MOST_NAMED = 10


def check_minimums(counts: dict[str, npt.NDArray[np.int64]], labels: list[str], split: SplitSettings) -> None:
    """Raises DataError that names the labels with too few rows on a side; counts: (labels,) rows of each side."""
    if len(labels) < 2:
        raise DataError(
            f"The rows have {'one label only, ' + repr(labels[0]) if labels else 'no label'}: there is nothing to tell "
            "apart. Add rows of at least one more label."
        )
    least = {
        "train": split.min_train_rows_per_label,
        "val": split.min_val_rows_per_label,
        "test": split.min_test_rows_per_label,
    }
    short = [
        f"{labels[place]!r} has {rows[place]} {side} row{'' if rows[place] == 1 else 's'}, fewer than "
        f"split.min_{side}_rows_per_label ({least[side]})"
        for side, rows in counts.items()
        for place in np.flatnonzero(rows < least[side])
    ]
    if short:
        more = f"; and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
        raise DataError(
            f"Too few rows after the split: {'; '.join(short[:_MOST_NAMED])}{more}. Add rows of these labels or leave "
            "them out, lower the minimum in params.yaml, or try other shares or another split.key."
        )
    empty = [side for side, rows in counts.items() if not rows.any()]
    if empty:
        raise DataError(
            f"No rows on the side {empty[0]}. Add rows, bring an official test file, or raise split.{empty[0]}."
        )
