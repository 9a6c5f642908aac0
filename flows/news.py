"""What happens in a run, for whoever watches it on this machine. Prefect's own log is written apart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Started:
    """A stage is about to be made."""

    stage: str


@dataclass(frozen=True)
class Progress:
    """How far a stage is, 0 to 100, and what it says."""

    stage: str
    percent: float
    words: str


@dataclass(frozen=True)
class Outcome:
    """A stage that is up to date."""

    stage: str
    ran: bool
    seconds: float
    numbers: dict[str, Any] = field(default_factory=dict)
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """A line worth keeping, as it is."""

    line: str


News = Started | Progress | Outcome | Said
_listeners: list[Callable[[News], None]] = []


def tell(news: News) -> None:
    """Pass news to all who listen."""
    for listener in _listeners:
        listener(news)


@contextmanager
def listening(listener: Callable[[News], None]) -> Iterator[None]:
    """Hear all news within the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
