"""How strongly each depth is pulled, and how far it moves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training

SILENT = 1e-8
"""A gradient no longer than AdamW's eps is none, if another depth's is."""


@settings
class GradientFlow(Monitor):
    """Norm of the gradient before clipping, and length of the update over that of the weights, at each depth."""

    kind: Literal["gradient_flow"] = "gradient_flow"
    samples: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Steps of each epoch that are measured, evenly spread; each costs a copy of the learning weights."""
    explosion: Annotated[float, Field(gt=1)] = 20.0
    """Alarm when a layer's gradient is so many times its first epoch's and so many times max_gradient_norm."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Flow(self, training, notes)


class _Flow(Watcher):
    def __init__(self, settings: GradientFlow, training: "Training", notes: dict[str, Any]) -> None:
        from tasks.finetune.monitors.depths import LearningDepths

        super().__init__(notes)
        self._settings = settings
        self._depths = LearningDepths(training.model)
        self._training = training
        self._limit = training.settings.max_gradient_norm
        steps = training.steps_per_epoch
        count = min(settings.samples, steps)
        self._measured = {(2 * number + 1) * steps // (2 * count) for number in range(count)}
        self._before: list[Tensor] | None = None
        notes.setdefault("position", 0)
        notes.setdefault("norms", [])
        notes.setdefault("updates", [])
        notes.setdefault("silent", [])

    def before_clipping(self) -> None:
        if self.notes["position"] not in self._measured:
            return
        self.notes["norms"].append(self._depths.gradient_norms())
        self._before = self._depths.copies()

    def after_step(self, loss: float) -> None:  # noqa: ARG002
        self.notes["position"] += 1
        if self._before is not None:
            self.notes["updates"].append(self._depths.update_ratios(self._before))
            self._before = None

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        norms, updates = self.notes["norms"], self.notes["updates"]
        self.notes |= {"position": 0, "norms": [], "updates": []}
        numbers: Numbers = {}
        for place in self._places():
            name = self._depths.names[place]
            numbers[f"gradient_norm/{name}"] = _mean(each[place] for each in norms)
            numbers[f"update_ratio/{name}"] = _mean(each[place] for each in updates)
        self._note_silent(norms, updates, len(history))
        return numbers

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:  # noqa: ARG002
        return [*self._silent_alarms(), *self._exploding()]

    def findings(self) -> dict[str, Any]:
        return super().findings() | {"measured_steps_per_epoch": len(self._measured)}

    def _places(self) -> list[int]:
        """Which of the depths the plan lets learn in this epoch."""
        return [place for place, depth in enumerate(self._depths.depths) if depth >= self._lowest()]

    def _lowest(self) -> int:
        from tasks.finetune.thaws.base import front

        layers = self._depths.layers
        top = self._training.top_layers
        return 0 if top is None else front(top, layers)

    def _note_silent(self, norms: list[list[float]], updates: list[list[float]], epoch: int) -> None:
        known = {each["name"] for each in self.notes["silent"]}
        for place in self._places():
            name = self._depths.names[place]
            pulled = any(each[place] > SILENT for each in norms) or not any(max(each) > SILENT for each in norms)
            moved = any(each[place] > 0 for each in updates) or not any(max(each) > 0 for each in updates)
            if norms and not (pulled and moved) and name not in known:
                why = "moved by nothing" if pulled else "got no gradient"
                self.notes["silent"].append({"name": name, "epoch": epoch, "why": why, "steps": len(norms)})

    def _silent_alarms(self) -> list[Alarm]:
        return [
            Alarm(
                "head_frozen" if each["name"] == "head" else "dead_layer",
                each["epoch"],
                f"{each['name']} {each['why']} in {each['steps']} measured steps of epoch {each['epoch']}, though the "
                "plan lets it learn",
                "see that nothing freezes it and that finetune.head_learning_rate is not tiny"
                if each["name"] == "head"
                else "see `finetrace plan` for its rate; raise finetune.layer_decay, or leave it out of the strategy",
            )
            for each in self.notes["silent"]
        ]

    def _exploding(self) -> list[Alarm]:
        found = []
        for name in self._depths.names:
            key = f"gradient_norm/{name}"
            seen = [each for each in self.epochs if key in each]
            times = self._settings.explosion  # an added module that starts at nothing may well grow twenty-fold
            grown = [each for each in seen if each[key] > times * max(seen[0][key], self._limit)]
            if grown:
                worst = max(grown, key=lambda each: each[key])
                found.append(
                    Alarm(
                        "exploding_layer",
                        grown[0]["epoch"],
                        f"the gradient of {name} is {worst[key]:.3g} in epoch {worst['epoch']}, in its first "
                        f"{seen[0][key]:.3g}",
                        "lower finetune.learning_rate or finetune.max_gradient_norm, or raise the schedule's "
                        "warmup_fraction",
                    )
                )
        return found


def _mean(values: Any) -> float:
    found = list(values)
    return float(f"{sum(found) / max(1, len(found)):.5g}")
