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
    drawn = draw(plan.dealt.texts, f"{key} folds")[_first_of_group(plan, is_dealt)]
    return np.where(is_dealt, 1 + np.floor(drawn * folds)[plan.dealt.numbers], 0).astype(np.int32)


def _first_of_group(plan: Plan, is_dealt: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(F,): the first dealt form among those that each one is linked with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    dealt = plan.dealt
    form_is_dealt = np.zeros(len(dealt.texts), np.bool_)
    form_is_dealt[dealt.numbers[is_dealt]] = True
    one, other = np.concatenate([dealt.near[form_is_dealt[dealt.near].all(axis=1)], _linked_by_rows(plan, is_dealt)]).T
    shape = (len(dealt.texts), len(dealt.texts))
    _, groups = connected_components(coo_array((np.ones(len(one), np.int8), (one, other)), shape=shape), directed=False)
    _, firsts = np.unique(groups, return_index=True)
    return firsts[groups]


def _linked_by_rows(plan: Plan, is_dealt: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(P, 2): dealt forms whose rows come near each other, both on a side."""
    of_form = np.full(int(plan.forms.max(initial=-1)) + 1, -1, np.int64)
    of_form[plan.forms[is_dealt]] = plan.dealt.numbers[is_dealt]
    linked = of_form[plan.near]
    return linked[(linked >= 0).all(axis=1)]
