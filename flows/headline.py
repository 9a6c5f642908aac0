"""A stage's outcome → the one number worth a line."""

from flows.news import Outcome


def headline(outcome: Outcome) -> str:
    """The number a person looks for first, in words."""
    return ", ".join(f"{key} {value}" for key, value in list(outcome.numbers.items())[:2])
