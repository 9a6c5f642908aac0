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
    repeats: dict[str, dict[str, Mask]]
    """For "test" and "val", (N,) each: rows left out because they repeat a row of that official file, by kind of
    likeness."""
    set_aside: Mask
    """(N,): rows left out because they come near rows on different sides."""
    dealt: Mask
    """(N,): rows on another side than their hash's, so that each side has its minimum of each label."""
    official: frozenset[str]
    """The sides, of "val" and "test", that are official files."""
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
    is_val: Mask | None = None,
    owners: pa.Array | None = None,
    strata: Strata | None = None,
) -> Plan:
    """The side of each row, in file order.

    texts: as tasks.texts.joined gives them. is_test, is_val: rows of an official test or val file; a val row is left
    out for repeating a test row, other rows for repeating either. owners: of pairs, the text that decides a row's side,
    so that rows which share it stay together; None if each row's whole content does. Official files stay as they are: a
    row is left out for repeating one of their rows, not for sharing an owner with one. strata: of those that are
    classes each side gets its minimum, as far as that can be; None: the hash alone decides.
    """
    is_val = np.zeros(len(texts), np.bool_) if is_val is None else is_val
    order = np.lexsort([~is_val, ~is_test])  # official rows first: what repeats them comes later
    forms, distinct = _find_forms(texts, order)
    pairs = near_pairs(distinct, settings.near_duplicate_similarity)
    of_test = _repeats(texts, is_test, ~is_test, forms, pairs)
    is_val_kept = is_val & ~_any(of_test)
    of_val = _repeats(texts, is_val_kept, ~(is_test | is_val | _any(of_test)), forms, pairs)
    is_dealt = ~(is_test | is_val | _any(of_test) | _any(of_val))
    if owners is None:
        among = is_dealt | is_val_kept
    else:  # pairs near by both their texts are so by this one: whatever is near follows here too
        among = is_dealt
        forms, distinct = _find_forms(owners, np.argsort(~is_dealt, kind="stable"))
        pairs = near_pairs(distinct, settings.near_duplicate_similarity)
    pairs = pairs[_forms_of(among, forms, len(distinct))[pairs].all(axis=1)]
    official = frozenset(side for side, mask in (("val", is_val), ("test", is_test)) if mask.any())
    drawn = _draw_sides(distinct, settings, official)
    by_hash = settled = settle(drawn, pairs)
    if strata is not None:
        settled = deal_minimums(drawn, pairs, _members(strata, forms, is_dealt), _least_dealt(settings, official))
    sides = np.where(is_dealt, settled[forms], ASIDE).astype(np.uint8)
    sides[is_test], sides[is_val_kept] = TEST, VAL
    set_aside = is_dealt & (settled == ASIDE)[forms]
    moved = is_dealt & (settled != by_hash)[forms]
    return Plan(sides, {"test": of_test, "val": of_val}, set_aside, moved, official, forms, distinct, pairs)


def _draw_sides(distinct: pa.Array, settings: SplitSettings, official: frozenset[str]) -> Sides:
    """The side of each form by its hash alone; an official val takes no row from test, it is train that grows."""
    drawn = deal(draw(distinct, settings.key), val=settings.val, test=0 if "test" in official else settings.test)
    return np.where(drawn == VAL, TRAIN, drawn).astype(np.uint8) if "val" in official else drawn


def _members(strata: Strata, forms: npt.NDArray[np.int64], is_dealt: Mask) -> Members:
    among = is_dealt[strata.rows] & strata.is_class[strata.codes]
    return Members(forms[strata.rows[among]], strata.codes[among], len(strata.names))


def _least_dealt(settings: SplitSettings, official: frozenset[str]) -> dict[int, int]:
    """The minimums of the sides that rows are dealt to."""
    is_dealt_to = {TRAIN: True, VAL: "val" not in official, TEST: "test" not in official and settings.test > 0}
    return {side: rows for side, rows in least_rows(settings).items() if is_dealt_to[side]}


def _find_forms(texts: pa.Array, order: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """(N,): which distinct normal form each text has; and those forms, numbered as they come in this order."""
    encoded = normal_forms(texts).take(pa.array(order)).dictionary_encode()
    forms = np.empty(len(texts), np.int64)
    forms[order] = encoded.indices.to_numpy()
    return forms, encoded.dictionary


def _repeats(
    texts: pa.Array, official: Mask, among: Mask, forms: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]
) -> dict[str, Mask]:
    """Which rows `among` repeat an official one; each is of one kind at most, the strictest. "exact" looks past the
    space around a text."""
    has_form = _forms_of(official, forms, int(forms.max(initial=-1)) + 1)
    is_near = has_form.copy()
    for one, other in ((0, 1), (1, 0)):
        is_near[pairs[has_form[pairs[:, one]], other]] = True
    bare = pc.utf8_trim_whitespace(texts)
    letter_by_letter = pc.is_in(bare, value_set=bare.filter(pa.array(official))).to_numpy(zero_copy_only=False)
    same = among & has_form[forms]
    near = among & is_near[forms] & ~same
    return {"exact": same & letter_by_letter, "normalised": same & ~letter_by_letter, "near": near}


def _forms_of(rows: Mask, forms: npt.NDArray[np.int64], count: int) -> Mask:
    """(count,): the forms that any of these rows has."""
    found = np.zeros(count, np.bool_)
    found[forms[rows]] = True
    return found


def _any(masks: dict[str, Mask]) -> Mask:
    return np.logical_or.reduce(list(masks.values()))
