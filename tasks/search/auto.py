"""Rows, classes, lengths and time → which preset, and why"""

from collections.abc import Mapping
from dataclasses import dataclass

FEW_ROWS, MANY_ROWS = 8, 50
"""Train rows a class, below which only a head is fitted, and from which every weight may learn."""
RANKED = ("full", "partial", "feature_extraction")
"""From the most that can learn to the least."""
AS_CLASSES = 5
"""Numbers need as many rows as so many classes."""
CUT_OFF = 0.1
"""Share of rows cut at base.max_tokens from which the choice says so."""


@dataclass(frozen=True)
class Facts:
    """What the choice depends on. seconds, memory: of each preset's training, as finetune.plan estimates them."""

    rows: int
    classes: int
    """0 of numbers."""
    cut_off: int
    """Rows that base.max_tokens cuts."""
    seconds: Mapping[str, float]
    memory_gigabytes: Mapping[str, float]
    allowed_seconds: float
    free_gigabytes: float

    @property
    def rows_a_class(self) -> float:
        return self.rows / (self.classes or AS_CLASSES)


@dataclass(frozen=True)
class Choice:
    """A preset, and the reasons in order."""

    preset: str
    reasons: tuple[str, ...]


def choose(facts: Facts) -> Choice:
    """The preset in which most can learn that the rows, the time and the memory allow.

    1. Fewer than FEW_ROWS rows a class: feature_extraction, since moved layers would follow single rows.
    2. Fewer than MANY_ROWS: at most partial.
    3. Of what is left, the first of RANKED that ends within the time allowed. Text length counts here: cost grows with
       tokens.
    4. If that is full and its weights, gradients and AdamW's states do not fit in memory: lora, if that is in time.

    A rule of thumb and no promise: `finetrace compare` says what holds for these rows.
    """
    classes = f"in {facts.classes} classes" if facts.classes else f"of numbers, counted as {AS_CLASSES} classes"
    reasons = [f"{facts.rows:,} train rows {classes}, {facts.rows_a_class:.0f} a class"]
    ranked = list(RANKED)
    if facts.rows_a_class < FEW_ROWS:
        ranked = ["feature_extraction"]
        reasons.append(f"fewer than {FEW_ROWS} a class: only a head is fitted")
    elif facts.rows_a_class < MANY_ROWS:
        ranked.remove("full")
        reasons.append(f"fewer than {MANY_ROWS} a class: not every weight should learn")
    for name in ranked[:-1]:
        if facts.seconds[name] <= facts.allowed_seconds:
            return _in_memory(name, facts, reasons)
        reasons.append(
            f"{name} would take about {facts.seconds[name]:,.0f} s, more than the {facts.allowed_seconds:,.0f} s"
        )
    last = ranked[-1]
    return _told(last, facts, reasons)


def _in_memory(name: str, facts: Facts, reasons: list[str]) -> Choice:
    needed, lora = facts.memory_gigabytes[name], facts.seconds["lora"]
    if name == "full" and needed > facts.free_gigabytes and lora <= facts.allowed_seconds:
        reasons.append(f"full would need {needed:.1f} GB of memory, of which {facts.free_gigabytes:.1f} GB are free")
        return _told("lora", facts, reasons)
    return _told(name, facts, reasons)


def _told(name: str, facts: Facts, reasons: list[str]) -> Choice:
    seconds = f"{name}: about {facts.seconds[name]:,.0f} s of the {facts.allowed_seconds:,.0f} s allowed"
    cut = facts.cut_off / facts.rows
    more = (
        [f"{cut:.0%} of the texts are cut at base.max_tokens: raise it if their ends matter"] if cut > CUT_OFF else []
    )
    return Choice(name, (*reasons, seconds, *more))
