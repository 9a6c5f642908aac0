"""Each side has enough rows of each label: rare labels are dealt so that it has, or the run stops.

Where the hash leaves a side short of a label, texts of that label are dealt to it. They are picked among the label's
first texts in the file, as many as the minimums sum up to, and by those texts alone. What is appended to the file can
thus bring only one change: once the hash itself gives a side enough rows of a label, a text dealt to it goes back to
the side of its hash. No other row moves, but near-duplicates of such a text, and texts with several labels, of which
each may need another side. Of 2,000 labels that grew from 5 rows to 40 in a simulation (shares 0.7, 0.1, 0.2), 15 % of
the first rows went from val or test to train later, 3 % from one of those to the other, and 0.8 % from train to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.errors import DataError
from tasks.split.dealing import ASIDE, SIDES, TEST, TRAIN, VAL, Sides, settle
from tasks.split.settings import SplitSettings
from tasks.split.strata import Counts

_MOST_NAMED = 10
_MOST_ROUNDS = 5
"""Texts that follow a dealt one, or have several labels, can leave another label short: then it is dealt again."""


@dataclass(frozen=True)
class Members:
    """The rows to be dealt, as memberships of their texts in labels: (M,) each, in file order."""

    forms: npt.NDArray[np.int64]
    """Which distinct text."""
    codes: npt.NDArray[np.int64]
    """Which label."""
    labels: int
    """How many labels there are."""

    def counts(self, sides: Sides, bit: int) -> npt.NDArray[np.int64]:
        """(labels,): rows of each label on a side. sides: (F,) of the texts."""
        return np.bincount(self.codes[sides[self.forms] == bit], minlength=self.labels)


def least_rows(split: SplitSettings) -> dict[int, int]:
    """By side, the rows that each label needs."""
    return {
        TRAIN: split.min_train_rows_per_label,
        VAL: split.min_val_rows_per_label,
        TEST: split.min_test_rows_per_label,
    }


def deal_minimums(drawn: Sides, pairs: npt.NDArray[np.int64], members: Members, least: Mapping[int, int]) -> Sides:
    """(F,): the settled sides of the texts, where each side has its minimum of each label as far as that can be.

    drawn: (F,) by hash. pairs: (P, 2), as tasks.split.dealing.settle takes them. least: of the sides that are dealt.
    """
    drawn = drawn.copy()
    is_own = np.ones(len(drawn), np.bool_)  # decides for itself: has no earlier near-duplicate, was not dealt yet
    is_own[pairs[:, 1]] = False
    settled = settle(drawn, pairs)
    for round_ in range(_MOST_ROUNDS):
        moves = _moves(settled, is_own, members, least, only_first=round_ == 0)
        if not moves:
            break
        places = np.fromiter(moves, np.int64)
        drawn[places] = np.fromiter(moves.values(), np.uint8)
        is_own[places] = False
        settled = settle(drawn, pairs)
    return settled


def _moves(
    sides: Sides, is_own: npt.NDArray[np.bool_], members: Members, least: Mapping[int, int], *, only_first: bool
) -> dict[int, int]:
    """Which texts go to which side so that short labels have enough there, the rarest label first."""
    counts = {side: members.counts(sides, side) for side in least}
    total = np.bincount(members.codes[sides[members.forms] != ASIDE], minlength=members.labels)
    short = np.any([counts[side] < rows for side, rows in least.items()], axis=0) & (total >= sum(least.values()))
    moves: dict[int, int] = {}
    for code in sorted(np.flatnonzero(short).tolist(), key=lambda code: (total[code], code)):
        texts = _texts_of(members, code, is_own)
        needed = {side: rows - int(counts[side][code]) for side, rows in least.items()}
        for text, side in _deal_first(texts, sides, least, needed, only_first=only_first):
            if moves.setdefault(text, side) == side:
                own = members.codes[members.forms == text]
                np.add.at(counts[side], own, 1)
    return moves


def _texts_of(members: Members, code: int, is_own: npt.NDArray[np.bool_]) -> list[int]:
    """The label's texts that decide for themselves, in the order in which they came."""
    texts = np.unique(members.forms[members.codes == code])
    return [int(text) for text in texts[is_own[texts]]]


def _deal_first(
    texts: list[int], sides: Sides, least: Mapping[int, int], needed: Mapping[int, int], *, only_first: bool
) -> list[tuple[int, int]]:
    """(text, side) of a label's first texts that go to another side; `needed` says how many rows each side lacks."""
    spare = min(least[TRAIN], len(texts) - sum(least.values()) + least[TRAIN])
    wanted = {**least, TRAIN: max(1, spare)}  # few texts with many near-duplicates: one may be all of train
    first = texts[: sum(wanted.values())] if only_first else texts
    on = {side: [text for text in first if sides[text] == side] for side in least}
    moves = []
    for side in (each for each in (VAL, TEST, TRAIN) if each in least):
        planned: list[int] = []
        for giver in (each for each in (TRAIN, TEST, VAL) if each in least and each != side):
            while len(on[side]) + len(planned) < wanted[side] and len(on[giver]) > wanted[giver]:
                planned.append(on[giver].pop(0))
        moves += [(text, side) for text in planned[: max(0, needed[side])]]
    return moves


def check_minimums(
    counts: Counts, labels: list[str], split: SplitSettings, official: frozenset[str] = frozenset()
) -> None:
    """Raises DataError that names the labels with too few rows on a side.

    counts: (labels,) rows of each side. official: the sides that are official files.
    """
    least = {side: least_rows(split)[bit] for side, bit in SIDES.items()}
    short = [
        _sentence(label, {side: int(rows[place]) for side, rows in counts.items()}, least, official)
        for place, label in enumerate(labels)
        if any(rows[place] < least[side] for side, rows in counts.items())
    ]
    if short:
        more = f"; and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
        raise DataError(
            f"Too few rows after the split: {'; '.join(short[:_MOST_NAMED])}{more}. Add rows of these labels, or leave "
            f"them out: raise validate.min_rows_per_label (labels with fewer rows are set aside), list the labels that "
            "you mean in validate.labels, or lower the minimum in params.yaml."
        )


def check_sides(rows: Mapping[str, int]) -> None:
    """Raises DataError if a side has no row at all."""
    for side, count in rows.items():
        if not count:
            raise DataError(
                f"No rows on the side {side}. Add rows, bring an official test file, or raise split.{side}."
            )


def _sentence(label: str, counts: Mapping[str, int], least: Mapping[str, int], official: frozenset[str]) -> str:
    total, needed = sum(counts.values()), sum(least.values())
    if total < needed and not official:
        named = ", ".join(f"split.min_{side}_rows_per_label {rows}" for side, rows in least.items())
        return f"{label!r} has {_rows(total)}, and its sides need {needed} together ({named})"
    lacking = [side for side in counts if counts[side] < least[side]]
    told = " and ".join(
        f"{_rows(counts[side], side)}, fewer than split.min_{side}_rows_per_label ({least[side]})" for side in lacking
    )
    given = [side for side in lacking if side in official]
    if given:
        return f"{label!r} has {told}: the official {' and the '.join(given)} file has no more"
    return f"{label!r} has {told}, of {_rows(total)} (near-duplicates stay together)"


def _rows(count: int, side: str = "") -> str:
    return f"{count} {side}{' ' * bool(side)}row{'' if count == 1 else 's'}"
