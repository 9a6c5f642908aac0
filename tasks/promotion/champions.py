"""entries → which version was the champion before, and may be it again; knows no registry"""

from collections.abc import Sequence

from tasks.lineage.chain import Entry

_LEFT = frozenset({"rollback", "restore", "recall"})
"""Actions by which the champion until then was found unfit or gone."""
UNFIT = frozenset({"reject", "recall", "delete"})
"""Actions by which the version that they are about was found unfit or gone."""


def earlier_champions(entries: Sequence[Entry]) -> list[int]:
    """Earlier champions, the one to go back to first.

    A version that was left by a rollback is not gone back to by the next one, nor one that was rejected, recalled or
    deleted since.
    """
    stack: list[int] = []
    for entry in entries:
        if entry.before is not None and not stack:
            stack.append(entry.before)  # an alias that is older than the ledger
        if entry.before != entry.after:
            if entry.action in _LEFT and entry.before in stack:
                stack.remove(entry.before)
            if entry.after in stack:
                stack.remove(entry.after)
            if entry.after is not None:
                stack.append(entry.after)
        if entry.action in UNFIT and entry.version in stack and entry.version != entry.after:
            stack.remove(entry.version)
    return [version for version in reversed(stack) if version != (entries[-1].after if entries else None)]


def was_champion(entries: Sequence[Entry], version: int) -> bool:
    """Whether it ever was the champion."""
    return any(version in (entry.before, entry.after) for entry in entries)


def recall_of(entries: Sequence[Entry], version: int) -> Entry | None:
    """The entry by which a version was recalled, None if it never was."""
    return next((entry for entry in entries if (entry.action, entry.version) == ("recall", version)), None)
