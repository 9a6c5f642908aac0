"""Which candidates are not beaten in everything at once"""

from collections.abc import Mapping


def pareto_front(points: Mapping[str, tuple[float, float]]) -> set[str]:
    """Names of the points (cost, score) that no other one dominates: none costs at most as much and scores at least
    as high, and is better in one of both."""
    return {name for name, point in points.items() if not any(_dominates(other, point) for other in points.values())}


def _dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other
