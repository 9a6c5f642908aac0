"""What `finetrace doctor` looks at."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """One thing looked at: ok, warn (works, but …) or fail (a run would not work), and how to mend it."""

    name: str
    level: Literal["ok", "warn", "fail"]
    says: str
    mend: str = ""
