"""Label counts → the known labels; unknown labels → the nearest known one."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.errors import DataError
from tasks.validate.characters import CONTROLS, NOTHING_SEEN

MOST_COMPARISONS = 200_000
"""Pairs of labels compared letter by letter: bounds the time on a file whose label column is not one."""

_FORMS: dict[str, Callable[[str], str]] = {
    "invisible characters": lambda label: re.sub(NOTHING_SEEN, "", label),
    "Unicode form": lambda label: unicodedata.normalize("NFKC", label),
    "letter case": str.casefold,
    "space": lambda label: " ".join(label.split()),
}
"""What a reader does not take for a difference between labels, and how it is undone; in the order of undoing."""


@dataclass(frozen=True)
class LabelCount:
    """How often a label occurs, and where first."""

    label: str
    rows: int
    first_line: int


@dataclass(frozen=True)
class LabelMistake:
    """Why a label is none of the known ones."""

    reason: str
    advice: str


def learn_labels(counts: Iterable[LabelCount], min_rows: int, least: int = 2) -> tuple[str, ...]:
    """The labels with at least `min_rows` rows, sorted: what a file without a list of labels is taken to mean.

    Raises DataError if there are fewer than `least`, or if two of them look the same.
    """
    frequent = [each for each in counts if each.rows >= min_rows and _can_be_label(each.label)]
    _refuse_look_alikes(frequent)
    if len(frequent) < least:
        found = f"only {quoted(frequent[0].label)} has" if frequent else "no label has"
        raise DataError(
            f"A classifier needs at least {least} label{'s' * (least > 1)}, and {found} {min_rows} rows or more "
            "(validate.min_rows_per_label). Check ingest.label_column, add rows, or lower the minimum in params.yaml."
        )
    return tuple(sorted(each.label for each in frequent))


def explain_labels(unknown: Sequence[str], known: Sequence[str], otherwise: str) -> dict[str, LabelMistake]:
    """What is wrong with each unknown label, with the nearest known label as advice, or `otherwise`.

    Labels beyond MOST_COMPARISONS are told apart by form only.
    """
    by_form = {plain(label): label for label in reversed(known)}
    fuzzy = max(20, MOST_COMPARISONS // max(1, len(known)))
    return {
        label: _explain(label, by_form, compare=position < fuzzy and len(label) <= 200)
        or LabelMistake("label_unknown", f"label {quoted(label)}: {otherwise}")
        for position, label in enumerate(unknown)
    }


def alike_labels(counts: Mapping[str, int]) -> list[dict[str, str | int]]:
    """Pairs of known labels that read alike, one of them at most a tenth as frequent: perhaps a common misspelling."""
    pairs: list[dict[str, str | int]] = []
    for label, rows in sorted(counts.items()):
        larger = [other for other, many in counts.items() if rows * 10 <= many]
        if len(counts) * len(larger) > MOST_COMPARISONS:
            continue
        pairs += [
            {"label": label, "rows": rows, "like": near, "like_rows": counts[near]}
            for near in difflib.get_close_matches(label, larger, n=1, cutoff=0.9)
        ]
    return pairs


def plain(label: str) -> str:
    """The label without what a reader does not take for a difference: labels alike in this are one label."""
    return _undo(_undo(label, _FORMS.values()), _FORMS.values())  # folding case can leave another Unicode form


def quoted(label: str, limit: int = 60) -> str:
    """The label as it may stand in a message: in quotes, cut, with nothing hidden in it."""
    short = label if len(label) <= limit else label[:limit] + "…"
    return repr(short) if unicodedata.is_normalized("NFC", short) else ascii(short)


def differences(one: str, other: str) -> str:
    """In which ways two labels of one plain form differ, in words."""
    needed = [name for name in _FORMS if _undo(one, _all_forms_but(name)) != _undo(other, _all_forms_but(name))]
    return " and ".join(needed or _FORMS)


def _explain(label: str, by_form: Mapping[str, str], *, compare: bool) -> LabelMistake | None:
    if not plain(label):
        return LabelMistake("label_empty", "write a label, or delete the row")
    same = by_form.get(plain(label))
    if same is not None:
        return LabelMistake(
            "label_form", f"label {quoted(label)}: did you mean {quoted(same)}? (differs in {differences(label, same)})"
        )
    near = difflib.get_close_matches(plain(label), list(by_form), n=1, cutoff=0.65) if compare else []
    if near:
        return LabelMistake("label_misspelt", f"label {quoted(label)}: did you mean {quoted(by_form[near[0]])}?")
    return None


def _refuse_look_alikes(frequent: Sequence[LabelCount]) -> None:
    seen: dict[str, LabelCount] = {}
    twins: list[tuple[LabelCount, LabelCount]] = []
    for each in sorted(frequent, key=lambda each: (-each.rows, each.label)):
        first = seen.setdefault(plain(each.label), each)
        if first is not each:
            twins.append((first, each))
    if not twins:
        return
    told = "; ".join(
        f"{_counted(one)} and {_counted(other)} ({differences(one.label, other.label)})" for one, other in twins[:5]
    )
    more = f"; and {len(twins) - 5} pairs more" if len(twins) > 5 else ""
    raise DataError(
        f"Labels differ only in form: {told}{more}. Make each pair one label in the file, or list the labels that you "
        "mean in validate.labels."
    )


def _counted(each: LabelCount) -> str:
    return f"{quoted(each.label)} ({each.rows} rows, first in line {each.first_line})"


def _can_be_label(label: str) -> bool:
    return bool(plain(label)) and not re.search(CONTROLS, label)


def _all_forms_but(name: str) -> list[Callable[[str], str]]:
    return [undo for each, undo in _FORMS.items() if each != name]


def _undo(label: str, forms: Iterable[Callable[[str], str]]) -> str:
    for undo in forms:
        label = undo(label)
    return label
