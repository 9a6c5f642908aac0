"""Checked rows → which side each goes to, and why some go to none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.near_duplicates import near_pairs, normal_forms
from tasks.split.dealing import ASIDE, TEST, TRAIN, VAL, Sides, deal, draw, settle
from tasks.split.minimums import Members, deal_minimums, least_rows
from tasks.split.settings import SplitSettings
from tasks.split.strata import Strata

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """Where N rows go."""

    sides: Sides
    """(N,): TRAIN, VAL, TEST, or ASIDE for rows that go nowhere."""
    repeats: dict[str, Mask]
    """(N,) each: rows left out because they repeat an official test row, by kind of likeness."""
    set_aside: Mask
    """(N,): rows left out because they come near rows on different sides."""
    dealt: Mask
    """(N,): rows on another side than their hash's, so that each side has its minimum of each label."""
    is_official: bool
    """Whether the test side is an official test file."""
    forms: npt.NDArray[np.int64]
    """(N,): which distinct normal form, of what decides its side, each row has."""
    texts: pa.Array
    """(F,): the normal forms."""
    pairs: npt.NDArray[np.int64]
    """(P, 2): near forms, (earlier, later), none of them in or near an official test."""


def plan_split(
    texts: pa.Array,
    is_test: Mask,
    settings: SplitSettings,
    *,
    owners: pa.Array | None = None,
    strata: Strata | None = None,
) -> Plan:
    """The side of each row, in file order.

    texts: as tasks.texts.joined gives them. is_test: rows of an official test file. owners: of pairs, the text that
    decides a row's side, so that rows which share it stay together; None if each row's whole content does. The official
    test stays as it is: a row is left out for repeating one of its rows, not for sharing an owner with one. strata: of
    those that are classes each side gets its minimum, as far as that can be; None: the hash alone decides.
    """
    order = np.argsort(~is_test, kind="stable")  # official test rows first: what repeats them comes later
    forms, distinct = _find_forms(texts, order)
    official = int(forms[is_test].max(initial=-1)) + 1  # forms below are in the official test
    pairs = near_pairs(distinct, settings.near_duplicate_similarity)
    repeating = _repeating(len(distinct), official, pairs)
    is_out = repeating[forms]
    repeats = _repeats(texts, is_test, forms, repeating, official)
    if owners is None:
        pairs = pairs[~(repeating[pairs].any(axis=1))]
    else:  # pairs near by both their texts are so by this one: whatever is near follows here too
        forms, distinct = _find_forms(owners, np.argsort(is_out, kind="stable"))
        dealt = np.bincount(forms[~is_out], minlength=len(distinct)) > 0
        pairs = near_pairs(distinct, settings.near_duplicate_similarity)
        pairs = pairs[dealt[pairs].all(axis=1)]
    drawn = deal(draw(distinct, settings.key), val=settings.val, test=0 if official else settings.test)
    by_hash = settled = settle(drawn, pairs)
    if strata is not None:
        members = _members(strata, forms, ~(is_test | is_out))
        settled = deal_minimums(drawn, pairs, members, _least_dealt(settings, has_test=not official))
    sides = np.where(is_test, TEST, np.where(is_out, ASIDE, settled[forms])).astype(np.uint8)
    set_aside = ~is_out & (settled == ASIDE)[forms]
    dealt = ~(is_test | is_out) & (settled != by_hash)[forms]
    return Plan(sides, repeats, set_aside, dealt, official > 0, forms, distinct, pairs)


def _members(strata: Strata, forms: npt.NDArray[np.int64], is_dealt: Mask) -> Members:
    among = is_dealt[strata.rows] & strata.is_class[strata.codes]
    return Members(forms[strata.rows[among]], strata.codes[among], len(strata.names))


def _least_dealt(settings: SplitSettings, *, has_test: bool) -> dict[int, int]:
    """The minimums of the sides that rows are dealt to."""
    is_dealt_to = {TRAIN: True, VAL: True, TEST: has_test and settings.test > 0}
    return {side: rows for side, rows in least_rows(settings).items() if is_dealt_to[side]}


def _find_forms(texts: pa.Array, order: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """(N,): which distinct normal form each text has; and those forms, numbered as they come in this order."""
    encoded = normal_forms(texts).take(pa.array(order)).dictionary_encode()
    forms = np.empty(len(texts), np.int64)
    forms[order] = encoded.indices.to_numpy()
    return forms, encoded.dictionary


def _repeating(forms: int, official: int, pairs: npt.NDArray[np.int64]) -> Mask:
    """(forms,): those of the official test and those near them."""
    repeating = np.arange(forms) < official
    repeating[pairs[pairs[:, 0] < official, 1]] = True
    return repeating


def _repeats(
    texts: pa.Array, is_test: Mask, forms: npt.NDArray[np.int64], repeating: Mask, official: int
) -> dict[str, Mask]:
    """Every row is in one kind at most, the strictest; "exact" looks past the space around a text."""
    is_repeat = repeating[forms] & ~is_test
    has_form = is_repeat & (forms < official)
    bare = pc.utf8_trim_whitespace(texts)
    letter_by_letter = pc.is_in(bare, value_set=bare.filter(pa.array(is_test))).to_numpy(zero_copy_only=False)
    is_exact = has_form & letter_by_letter
    return {"exact": is_exact, "normalised": has_form & ~is_exact, "near": is_repeat & ~has_form}
