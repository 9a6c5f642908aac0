"""Whether labels contradict what the others teach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training

KNOWS = 1.5
"""A val accuracy this many times that of chance comes from having learned something."""
CERTAINTY = 1.96
"""Standard errors; a share is told only as far as so few rows can show it."""


@settings
class LabelNoise(Monitor):
    """An estimate of the share of labels that are wrong at random, from the val rows' own labels.

    A model that errs on a hard row still gives its label a high rank; a label put there by chance has any rank. So
    the rows whose label is in the lower half of all ranks tell how many labels are chance. Needs three labels or more.
    """

    kind: Literal["label_noise"] = "label_noise"
    largest_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Alarm when surely more than this share of the labels is chance."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Noise(self, training, notes)


class _Noise(Watcher):
    def __init__(self, settings: LabelNoise, training: "Training", notes: dict[str, Any]) -> None:
        super().__init__(notes)
        self._settings = settings
        self._labels = training.val.examples.truth
        self._suits = training.target.has_one_class
        self._labels_there_are = training.model.head.out_features

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        rows, count = logits.shape[0], logits.shape[-1]
        if count < 3 or not self._suits:
            return {}
        given = logits.gather(1, self._labels[:, None])
        ranks = (logits > given).sum(1)
        low = float((2 * ranks >= count).double().mean())
        by_chance = sum(2 * rank >= count for rank in range(1, count)) / (count - 1)
        return {"share": round(low / by_chance, 6), "least_share": round(_lowest(low, rows) / by_chance, 6)}

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:
        knowing = [
            each
            for each, scores in zip(self.epochs, history, strict=True)
            if "share" in each and scores["val_accuracy"] >= KNOWS / self._labels_there_are
        ]  # a model that has learned nothing ranks every label by chance
        best = min(knowing, key=lambda each: each["share"], default=None)
        if best is None or best["least_share"] <= self._settings.largest_share:
            return []
        return [
            Alarm(
                "label_noise",
                best["epoch"],
                f"about {best['share']:.0%} of the val labels look put there by chance (at least "
                f"{best['least_share']:.0%}): the model ranks them below half of all labels",
                "look at the report's worst errors; validate.label_errors: drop takes likely wrong rows out; "
                "finetune.loss: {kind: cross_entropy, smoothing: 0.1} forgives more",
            )
        ]


def _lowest(share: float, rows: int) -> float:
    """The lower end of Wilson's interval of a share seen in so many rows."""
    z2 = CERTAINTY**2
    middle = share + z2 / (2 * rows)
    half = CERTAINTY * (share * (1 - share) / rows + z2 / (4 * rows**2)) ** 0.5
    return max(0.0, (middle - half) / (1 + z2 / rows))
