"""What came of a wish to change something in the registry"""

from dataclasses import dataclass
from typing import Literal

from tasks.lineage.chain import Entry


@dataclass(frozen=True)
class Decided:
    """What came of it. what: promoted, refused, or unchanged (there was nothing to do)."""

    what: Literal["promoted", "refused", "unchanged"]
    line: str
    champion: int | None
    entry: Entry | None = None
