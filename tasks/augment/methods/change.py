"""What every method gives: a function that changes one text."""

from collections.abc import Callable
from pathlib import Path
from random import Random

Change = Callable[[str, Random], str]
BaseFolder = Callable[[], Path]


def draw_places(count: int, rate: float, random: Random) -> list[int]:
    """Some of the places 0 … count - 1 in order, each with a chance of `rate`, but at least one if there is any."""
    drawn = [place for place in range(count) if random.random() < rate]
    return drawn if drawn or not count else [random.randrange(count)]
