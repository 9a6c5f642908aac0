"""A case: one fault done to a workspace, what must come of it, and how that is told from what does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.torture.commands import Done

if TYPE_CHECKING:
    from tests.torture.place import Place

KINDS = {2: "Settings", 3: "Gate", 4: "Data", 5: "Integrity", 6: "Busy", 7: "Setup"}
"""How the line on stderr begins for each exit code, followed by `Error: ` or `: `."""


class NotHeldError(Exception):
    """The product did not do what the case asks."""


@dataclass(frozen=True)
class Case:
    """One fault, in one of its forms."""

    fault: int
    """Number in faults.md."""
    sentence: str
    """What is done and what must come of it."""
    exit_code: int | None
    """Of the command that `act` returns; None if it is not one of finetrace's."""
    act: "Callable[[Place], Done]"
    """Does the fault in a place of its own. Raises NotHeldError."""


def require(holds: object, words: str) -> None:
    """Raise NotHeldError unless it holds."""
    if not holds:
        raise NotHeldError(words)


def require_words(done: Done, *words: str) -> Done:
    """Raise NotHeldError unless all the words stand on stderr; gives the command back."""
    missing = [each for each in words if each not in done.stderr]
    require(not missing, f"stderr does not say {', '.join(map(repr, missing))}: {done.last_words}")
    return done


def check_told(done: Done, exit_code: int | None) -> None:
    """Raise NotHeldError unless the command ended with this code, and told why in one line.

    A line may be followed by indented ones: all the mistakes of params.yaml, each on its own.
    """
    if exit_code is None:
        return
    require(done.code == exit_code, f"exit {done.code}, not {exit_code}: {done.last_words}")
    kind = KINDS.get(exit_code)
    if kind is None:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    told = [number for number, line in enumerate(lines) if re.match(rf"{kind}(Error)?: \S", line)]
    require(len(told) == 1, f"{len(told)} lines on stderr begin with {kind}: {done.last_words}")
    loose = [line for line in lines[told[0] + 1 :] if not line.startswith("  ")]
    require(not loose, f"stderr goes on after the message: {loose[:1]}")
    require(re.search(r"[.;:?] ?\S", lines[told[0]].split(": ", 1)[1]), f"no advice: {done.last_words}")
