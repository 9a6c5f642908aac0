"""lines of a ledger → which of them count, and what is wrong with the others; knows no registry"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, get_args

from tasks.digest import canonical_json, sha256_of_text

Action = Literal["register", "promote", "refuse", "reject", "rollback", "restore", "recall", "delete"]
NOTHING = "0" * 64
"""What the first entry names as its predecessor."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a registered model."""

    seq: int
    """1 for the first entry that counts."""
    previous: str
    """The digest of the entry before it; by this a changed, lost or moved entry shows."""
    time: str
    """UTC, ISO 8601, by the clock of whoever wrote it: for people, nothing is decided by it."""
    action: Action
    model: str
    version: int
    """The version that it is about."""
    before: int | None
    """The champion until now."""
    after: int | None
    """The champion from now on."""
    by: str
    """Who, as they said themselves."""
    via: str
    """How: cli, prefect, ui, reconciler, register."""
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Digests and outcomes that it rests on."""

    @cached_property
    def text(self) -> str:
        """The entry as it is kept, and as its digest is taken of."""
        return canonical_json({name: getattr(self, name) for name in _FIELDS})  # asdict would copy all evidence

    @cached_property
    def digest(self) -> str:
        return sha256_of_text(self.text)


_FIELDS = tuple(each.name for each in fields(Entry))


@dataclass(frozen=True)
class Line:
    """A line as it lies in the registry: the number that the server gave it, its text, its signatures."""

    number: int
    text: str
    signatures: str = ""
    told: str = ""
    """Its description: the entry as people read it."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """All its tags, text and signatures among them."""


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a line, or with the ledger's end."""

    number: int
    why: str


@dataclass(frozen=True)
class Head:
    """The last entry that counts: its place and its digest."""

    seq: int
    digest: str

    @property
    def text(self) -> str:
        return f"{self.seq} {self.digest}"


EMPTY = Head(0, NOTHING)


@dataclass(frozen=True)
class Chain:
    """A ledger as read."""

    entries: tuple[Entry, ...]
    """Those that count, in order."""
    lines: tuple[Line, ...]
    """The line of each of them."""
    void: tuple[Entry, ...]
    """Those that lost a race: somebody else's entry came first."""
    flaws: tuple[Flaw, ...]
    """Signs that somebody changed the ledger; () if there are none."""

    @property
    def head(self) -> Head:
        return Head(self.entries[-1].seq, self.entries[-1].digest) if self.entries else EMPTY

    @property
    def champion(self) -> int | None:
        """The version in use, by the ledger."""
        return self.entries[-1].after if self.entries else None

    def knows(self, head: Head) -> bool:
        """Whether this was once the head."""
        if head.seq == 0:
            return head == EMPTY
        return head.seq <= len(self.entries) and self.entries[head.seq - 1].digest == head.digest

    def about(self, version: int) -> list[Entry]:
        """The entries about a version."""
        return [each for each in self.entries if each.version == version]

    def registered(self, version: int) -> Entry | None:
        """The entry by which a version came into being."""
        return next((each for each in self.entries if each.version == version and each.action == "register"), None)


def read_chain(lines: Sequence[Line], model: str) -> Chain:
    """The chain in these lines, which are given by number.

    A line counts if its predecessor is the entry that counted last. A line that names an earlier one lost a race and is
    void. A missing number, a line that is no entry, one that names an unknown predecessor or another model: flaws.
    """
    kept: list[tuple[Entry, Line]] = []
    digests, void, flaws = [NOTHING], [], _missing(lines)
    for line in lines:
        entry = parse_entry(line.text)
        if entry is None or entry.model != model:
            flaws.append(Flaw(line.number, "it is no entry of this ledger"))
        elif (entry.previous, entry.seq) == (digests[-1], len(digests)):
            kept.append((entry, line))
            digests.append(entry.digest)
        elif 1 <= entry.seq < len(digests) and entry.previous == digests[entry.seq - 1]:
            void.append(entry)
        else:
            flaws.append(Flaw(line.number, "the entry before it is not the one that it names"))
    return Chain(tuple(e for e, _ in kept), tuple(line for _, line in kept), tuple(void), tuple(flaws))


def parse_entry(text: str) -> Entry | None:
    """The entry, None if the text is none, or not exactly as an entry is written."""
    try:
        values = json.loads(text)
        entry = Entry(**values) if isinstance(values, dict) else None
    except (ValueError, TypeError, RecursionError):
        return None
    return entry if entry is not None and _is_well_formed(entry) and entry.text == text else None


def _is_well_formed(entry: Entry) -> bool:
    whole = [entry.seq, entry.version]
    texts = [getattr(entry, each.name) for each in fields(entry) if each.type in (str, Action)]
    return (
        all(type(each) is int for each in whole)
        and entry.action in get_args(Action)
        and all(each is None or type(each) is int for each in (entry.before, entry.after))
        and all(isinstance(each, str) for each in texts)
        and isinstance(entry.evidence, dict)
    )


def _missing(lines: Sequence[Line]) -> list[Flaw]:
    """Numbers that the server gave out and that are gone."""
    there = {line.number for line in lines}
    return [Flaw(number, "it was deleted") for number in range(1, max(there, default=0)) if number not in there]
