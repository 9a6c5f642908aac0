"""What a model is asked to label. To add one: write its file, then name it in PROBLEMS."""

from collections.abc import Sequence

from tasks.model.problems.base import Problem
from tasks.model.problems.pairs import Pairs
from tasks.model.problems.texts import Texts
from tasks.texts import Text, parts

PROBLEMS: dict[str, Problem] = {each.kind: each for each in (Texts(), Pairs())}

__all__ = ["PROBLEMS", "Pairs", "Problem", "Texts", "problem_of"]


def problem_of(texts: Sequence[Text]) -> Problem:
    """The problem that rows like these belong to."""
    return PROBLEMS[Texts.kind if parts(texts)[1] is None else Pairs.kind]
