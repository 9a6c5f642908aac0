"""Train and val rows → cross-validation folds that keep near-duplicates together."""

import numpy as np
import numpy.typing as npt

from tasks.split.dealing import TRAIN, VAL, draw
from tasks.split.plan import Plan


def fold_of_rows(plan: Plan, *, key: str, folds: int) -> npt.NDArray[np.int32]:
    """(N,): a fold 1 … folds for each train and val row, 0 for all others and if folds is 0.

    Rows that are near each other, or linked by others that are, have one fold: what their first text draws from a hash
    of its own. Unlike a row's side, a fold may change when appended rows link two groups.
    """
    is_dealt = (plan.sides == TRAIN) | (plan.sides == VAL)
    if not folds:
        return np.zeros(len(is_dealt), np.int32)
    drawn = draw(plan.texts, f"{key} folds")[_first_of_group(plan, is_dealt)]
    return np.where(is_dealt, 1 + np.floor(drawn * folds)[plan.forms], 0).astype(np.int32)


def _first_of_group(plan: Plan, is_dealt: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(F,): the first normal form among those that each one is linked with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    form_is_dealt = np.zeros(len(plan.texts), np.bool_)
    form_is_dealt[plan.forms[is_dealt]] = True
    one, other = plan.pairs[form_is_dealt[plan.pairs].all(axis=1)].T
    shape = (len(plan.texts), len(plan.texts))
    _, groups = connected_components(coo_array((np.ones(len(one), np.int8), (one, other)), shape=shape), directed=False)
    _, firsts = np.unique(groups, return_index=True)
    return firsts[groups]
