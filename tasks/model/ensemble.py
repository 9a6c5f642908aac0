"""Several fine-tuned models that answer together."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tasks.inputs import Input
from tasks.targets import Decision, Outputs, Target
from tasks.texts import Text


class Member(Protocol):
    """A model that predicts."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def input(self) -> Input: ...

    @property
    def target(self) -> Target: ...

    def predict(self, texts: Sequence[Text]) -> np.ndarray: ...

    def count_cut(self, texts: Sequence[Text]) -> int: ...


class SavedEnsemble:
    """Models with the same classes: the mean of what they give, as the target averages it."""

    def __init__(self, members: Sequence[Member], temperature: float, digest: str, decision: Decision) -> None:
        self.digest = digest
        self.labels = members[0].labels
        self._members = members
        self._temperature = temperature
        self.decision = decision

    @property
    def input(self) -> Input:
        """What its rows hold: the members' own."""
        return self._members[0].input

    @property
    def target(self) -> Target:
        """What is asked of them: the members' own."""
        return self._members[0].target

    def answers(self, outputs: Outputs) -> list[str]:
        """The answer to each row, from what `predict` gives."""
        return self.target.answers(outputs, self.labels, self.decision)

    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        """What a member's `predict` gives. Raises GateError as a member does."""
        answers = [each.predict(texts) for each in self._members]
        if answers[0].dtype != object:
            mean = np.mean([each.astype(np.float64) for each in answers], axis=0)
            return self.target.cooled(mean, self._temperature).astype(np.float32)
        joined = np.empty(len(texts), dtype=object)
        for row, outputs in enumerate(zip(*answers, strict=True)):
            mean = np.mean([each.astype(np.float64) for each in outputs], axis=0)
            joined[row] = self.target.cooled(mean, self._temperature).astype(np.float32)
        return joined

    def count_cut(self, texts: Sequence[Text]) -> int:
        """As a member's, which all read with the same tokenizer."""
        return self._members[0].count_cut(texts)
