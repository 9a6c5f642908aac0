"""How far each layer has moved from where it started."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training


@settings
class RepresentationDrift(Monitor):
    """Linear CKA (Kornblith et al. 2019, arXiv 1905.00414, eq. 5) and cosine of each layer's features of some val rows,
    now against before the first step."""

    kind: Literal["representation_drift"] = "representation_drift"
    rows: Annotated[int, Field(ge=4, le=4096)] = 48
    """Val rows that are looked at after each epoch; more is steadier and costs time."""
    smallest_spread: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Alarm when the rows' features spread over less than this share of what they did at the start."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Drift(self, training, notes)


class _Drift(Watcher):
    def __init__(self, settings: RepresentationDrift, training: "Training", notes: dict[str, Any]) -> None:
        from tasks.finetune.monitors.probe import Probe, place_names
        from tasks.finetune.monitors.similarity import spread
        from tasks.model.encoder import layer_stack

        super().__init__(notes)
        self._settings = settings
        self._probe = Probe(training, training.val.examples.ids[: settings.rows])
        self._names = place_names(len(layer_stack(training.model.encoder)))
        self._start = self._features()
        notes["start"] = {"spread": round(spread(self._start[-1]), 6)}

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        from tasks.finetune.monitors.similarity import linear_cka, mean_cosine, spread

        now = self._features()
        pairs = list(zip(self._names, self._start, now, strict=True))
        return {
            **{f"cka/{name}": round(linear_cka(start, each), 6) for name, start, each in pairs},
            **{f"cosine/{name}": round(mean_cosine(start, each), 6) for name, start, each in pairs},
            "spread": round(spread(now[-1]), 6),
        }

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:  # noqa: ARG002
        before = self.notes["start"]["spread"]
        found = next((each for each in self.epochs if each["spread"] < self._settings.smallest_spread * before), None)
        if found is None or self.epochs[-1]["spread"] >= self._settings.smallest_spread * before:
            return []
        return [
            Alarm(
                "representation_collapse",
                found["epoch"],
                f"after epoch {found['epoch']} the rows' features spread over {found['spread']:.2g}, at the start over "
                f"{before:.2g} (one minus their mean cosine): the base gives almost the same for every text",
                "lower finetune.learning_rate, or let fewer layers learn (finetune.strategy: partial)",
            )
        ]

    def findings(self) -> dict[str, Any]:
        return super().findings() | self.notes["start"]

    def _features(self) -> list["Tensor"]:
        """What enters the first layer and what leaves each, (N, D) each; what was not run is as it was."""
        import torch

        passes = self._probe.run(lambda seen: seen)
        order = torch.tensor([row for seen in passes for row in seen.rows]).argsort()
        run = [torch.cat(parts).cpu()[order] for parts in zip(*(seen.pooled for seen in passes), strict=True)]
        below = passes[0].first
        return [*self._start[:below], *run] if below else run
