"""Checked rows → which side each goes to, and why some go to none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.near_duplicates import near_pairs, normal_forms
from tasks.split.dealing import ASIDE, TEST, Sides, deal, draw, set_clashing_aside, settle
from tasks.split.settings import SplitSettings

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
    is_official: bool
    """Whether the test side is an official test file."""
    forms: npt.NDArray[np.int64]
    """(N,): which distinct normal form each row has."""
    near: npt.NDArray[np.int64]
    """(P, 2): near forms, (earlier, later), none of them in or near an official test."""
    dealt: "Forms"
    """What is dealt as one: the rows' own forms, or those of their first texts."""


@dataclass(frozen=True)
class Forms:
    """The distinct normal forms of N texts, numbered as they come, and which of them are near each other."""

    numbers: npt.NDArray[np.int64]
    """(N,): which form each text has."""
    texts: pa.Array
    """(F,): the forms."""
    near: npt.NDArray[np.int64]
    """(P, 2): (earlier, later)."""


def plan_split(texts: pa.Array, is_test: Mask, settings: SplitSettings, *, owners: pa.Array | None = None) -> Plan:
    """The side of each row, in file order.

    texts: as tasks.texts.joined gives them. is_test: rows of an official test file. owners: a text of each row that
    decides its side, so that rows which share it stay together; None if each row's own does. A row with an owner is set
    aside if it comes near to a row on another side. The official test stays as it is: rows are left out for repeating
    one of its rows, not for sharing an owner with one.
    """
    order = np.argsort(~is_test, kind="stable")  # official test rows first: what repeats them comes later
    rows = _find_forms(texts, order, settings)
    official = int(rows.numbers[is_test].max(initial=-1)) + 1  # forms below are in the official test
    repeating = _repeating(len(rows.texts), official, rows.near)
    near = rows.near[~(repeating[rows.near].any(axis=1))]
    dealt = Forms(rows.numbers, rows.texts, near)
    if owners is not None:
        dealt = _find_forms(owners, np.argsort(is_test | repeating[rows.numbers], kind="stable"), settings)
    drawn = deal(draw(dealt.texts, settings.key), val=settings.val, test=0 if official else settings.test)
    settled = settle(drawn, dealt.near)
    if owners is not None:
        settled = set_clashing_aside(settled[_owner_of_form(rows, dealt)], near)
    sides = np.where(is_test, TEST, np.where(repeating, ASIDE, settled)[rows.numbers]).astype(np.uint8)
    repeats = _repeats(texts, is_test, rows.numbers, repeating, official)
    set_aside = (~repeating & (settled == ASIDE))[rows.numbers]
    return Plan(sides, repeats, set_aside, official > 0, rows.numbers, near, dealt)


def _find_forms(texts: pa.Array, order: npt.NDArray[np.int64], settings: SplitSettings) -> Forms:
    """The forms of the texts, numbered as they come in this order of the rows."""
    encoded = normal_forms(texts).take(pa.array(order)).dictionary_encode()
    numbers = np.empty(len(texts), np.int64)
    numbers[order] = encoded.indices.to_numpy()
    return Forms(numbers, encoded.dictionary, near_pairs(encoded.dictionary, settings.near_duplicate_similarity))


def _owner_of_form(rows: Forms, owners: Forms) -> npt.NDArray[np.int64]:
    """(F,): the owner's form of each form of the rows; rows of one form have owners of one form."""
    owner = np.empty(len(rows.texts), np.int64)
    owner[rows.numbers] = owners.numbers
    return owner


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
