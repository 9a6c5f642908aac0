"""What came of one question of the audit"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Mark = Literal["holds", "broken", "unreached"]
SIGNS: dict[Mark, str] = {"holds": "✓", "broken": "✗", "unreached": "?"}


@dataclass(frozen=True)
class Finding:
    """A claim and whether it holds today; `unreached` if nobody here can tell."""

    mark: Mark
    what: str
    why: str = ""
    """Which bytes and which witness, or what was out of reach."""


def holds(what: str, why: str = "") -> Finding:
    """It was looked at and is so."""
    return Finding("holds", what, why)


def broken(what: str, why: str) -> Finding:
    """It was looked at and is not so."""
    return Finding("broken", what, why)


def unreached(what: str, why: str) -> Finding:
    """It could not be looked at."""
    return Finding("unreached", what, why)


def is_clean(findings: Sequence[Finding]) -> bool:
    """Whether nothing is broken; what was out of reach does not count."""
    return all(each.mark != "broken" for each in findings)


def compare(
    what: str, said: Mapping[str, str], found: Mapping[str, str], *, sayer: str, finder: str, no_more: bool = True
) -> list[Finding]:
    """Two lists of names and digests held against each other: one finding if they agree, else one for each difference.

    sayer, finder: where `said` and `found` come from. no_more: a name that `sayer` does not know is broken too.
    """
    wrong = [broken(name, difference(said[name], found.get(name), sayer, finder)) for name in sorted(said)
             if found.get(name) != said[name]]  # fmt: skip
    extra = sorted(found.keys() - said.keys()) if no_more else []
    wrong += [broken(name, f"{finder} has it, {sayer} does not know it") for name in extra]
    return wrong or [holds(what)]


def difference(said: str, found: str | None, sayer: str, finder: str) -> str:
    """Which witness has which of two values."""
    if found is None:
        return f"it is gone from {finder}; {sayer} has {told_apart(said, '')[0]}"
    here, there = told_apart(found, said)
    return f"{finder} has {here}, {sayer} has {there}"


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two digests, cut behind what tells them apart; other values whole, within reason."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    letters = max(12, same + 4)
    return _cut(one, letters), _cut(other, letters)


def _cut(value: str, letters: int) -> str:
    is_digest = len(value) >= 32 and all(each in "0123456789abcdef" for each in value.removesuffix(".dir"))
    if is_digest:
        return value if letters >= len(value) else f"{value[:letters]}…"
    return value[:80] or "nothing"
