"""Every case there is."""

from tests.torture import (
    bad_bytes,
    bad_files,
    bad_labels,
    bad_rows,
    checkpoints,
    concurrency,
    divergence,
    injection,
    leakage,
    pages,
    planted,
    registered_model,
    results,
    settings,
    state_files,
    traversal,
)
from tests.torture.case import Case

CASES: list[Case] = [
    *checkpoints.CASES,
    *registered_model.CASES,
    *concurrency.CASES,
    *bad_rows.CASES,
    *bad_bytes.CASES,
    *bad_labels.CASES,
    *leakage.CASES,
    *bad_files.CASES,
    *pages.CASES,
    *settings.CASES,
    *divergence.CASES,
    *planted.CASES,
    *results.CASES,
    *injection.CASES,
    *traversal.CASES,
    *state_files.CASES,
]
