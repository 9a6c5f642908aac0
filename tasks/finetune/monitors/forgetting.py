"""How much of what the base knew is still there."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training

GENERAL = Path(__file__).with_name("general.csv")
"""120 English sentences on six topics, twenty each, written by hand for this; columns topic and text."""
NEIGHBOURS = 5


@settings
class Forgetting(Monitor):
    """On 120 general sentences that no training sees: how many a probe still sorts into their six topics, and how many
    of each one's nearest neighbours have stayed."""

    kind: Literal["forgetting"] = "forgetting"
    largest_drop: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Alarm when the probe's accuracy has fallen by more than this since the start."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Forgetting(self, training, notes)


def general_sentences() -> tuple[list[str], list[str]]:
    """The sentences, and the topic of each."""
    with GENERAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["topic"] for row in rows]


class _Forgetting(Watcher):
    def __init__(self, settings: Forgetting, training: "Training", notes: dict[str, Any]) -> None:
        import torch

        from tasks.finetune.monitors.probe import Probe
        from tasks.model.tokenizer import token_ids

        super().__init__(notes)
        self._settings = settings
        texts, topics = general_sentences()
        assert training.tokenizer is not None
        self._probe = Probe(training, token_ids(training.tokenizer, texts))
        numbers = {topic: number for number, topic in enumerate(dict.fromkeys(topics))}
        self._topics = torch.tensor([numbers[topic] for topic in topics])
        self._start = self._features()
        if not self.epochs:
            self.epochs.append({"epoch": 0, "step": 0} | self._numbers(self._start))

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        return self._numbers(self._features())

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:  # noqa: ARG002
        before, now = self.epochs[0]["topic_accuracy"], self.epochs[-1]["topic_accuracy"]
        lowest = before - self._settings.largest_drop
        if now >= lowest:
            return []
        first = next(each["epoch"] for each in self.epochs if each["topic_accuracy"] < lowest)
        return [
            Alarm(
                "forgetting",
                first,
                f"of 120 general sentences a probe sorts {now:.0%} by topic, at the start {before:.0%}; of their "
                f"nearest neighbours {self.epochs[-1]['neighbours_kept']:.0%} have stayed",
                "if the model is to stay good at other texts: lower finetune.learning_rate, add finetune.penalties "
                "l2_sp, or choose lora",
            )
        ]

    def _features(self) -> "Tensor":
        import torch

        passes = self._probe.run(lambda seen: (seen.rows, seen.pooled[-1].float().cpu()))
        order = torch.tensor([row for rows, _ in passes for row in rows]).argsort()
        return torch.cat([features for _, features in passes])[order]

    def _numbers(self, features: "Tensor") -> Numbers:
        from tasks.finetune.monitors.neighbours import nearest_centroid_accuracy, neighbours_kept

        return {
            "topic_accuracy": round(nearest_centroid_accuracy(features, self._topics), 6),
            "neighbours_kept": round(neighbours_kept(self._start, features, NEIGHBOURS), 6),
        }
