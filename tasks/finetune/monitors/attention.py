"""Where each head looks, and how widely."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.monitors.probe import Seen
    from tasks.finetune.training import Training


@settings
class Attention(Monitor):
    """Entropy and mean distance of each head's attention on some val rows (Clark et al. 2019, arXiv 1906.04341)."""

    kind: Literal["attention"] = "attention"
    rows: Annotated[int, Field(ge=1, le=4096)] = 16
    """Val rows that are looked at after each epoch; more is steadier and costs time."""
    smallest_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Alarm when half of a layer's heads have kept less than this share of the entropy they started with."""

    needs: ClassVar[tuple[str, ...]] = ("attention weights",)

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Attention(self, training, notes)


class _Attention(Watcher):
    def __init__(self, settings: Attention, training: "Training", notes: dict[str, Any]) -> None:
        from tasks.finetune.monitors.probe import Probe

        super().__init__(notes)
        self._settings = settings
        self._probe = Probe(training, training.val.examples.ids[: settings.rows])
        self._heads: dict[str, list[list[float]]] = notes.setdefault("heads", {})
        """Share of the largest entropy, of each layer's heads, at the start (epoch 0) and after each epoch."""
        self._start = self._look()
        if not self.epochs:
            self._keep(0, self._start)
            self.epochs.append({"epoch": 0, "step": 0} | self._by_layer(self._start))

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        seen = self._look()
        self._keep(len(history), seen)
        return self._by_layer(seen)

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:
        found = []
        for number, (before, now) in enumerate(zip(self._heads["0"], self._heads[str(len(history))], strict=True), 1):
            fallen = sum(each < self._settings.smallest_share * start for each, start in zip(now, before, strict=True))
            if 2 * fallen >= len(now):
                found.append(
                    Alarm(
                        "attention_collapse",
                        len(history),
                        f"{fallen} of the {len(now)} heads of layer {number} look at hardly more than one token: mean "
                        f"entropy {sum(now) / len(now):.3f} of the largest, at the start "
                        f"{sum(before) / len(before):.3f}",
                        "lower finetune.learning_rate, or set finetune.layer_decay below 1",
                    )
                )
        return found

    def findings(self) -> dict[str, Any]:
        return super().findings() | {"heads": self._heads}

    def _keep(self, epoch: int, seen: "list[tuple[Tensor, Tensor]]") -> None:
        self._heads[str(epoch)] = [[round(each, 4) for each in entropy.tolist()] for entropy, _ in seen]

    def _by_layer(self, seen: "list[tuple[Tensor, Tensor]]") -> Numbers:
        numbers: Numbers = {}
        for number, (entropy, distance) in enumerate(seen, 1):
            numbers[f"entropy/layer {number}"] = round(float(entropy.mean()), 5)
            numbers[f"distance/layer {number}"] = round(float(distance.mean()), 4)
        return numbers

    def _look(self) -> "list[tuple[Tensor, Tensor]]":
        """Of each layer the heads' entropy and distance, (H,) each, means over all tokens."""
        passes = self._probe.run(_sums, attention=True)
        first = passes[0][0]
        tokens = sum(each[2] for each in passes)
        run = [
            (sum(each[0] for each in layer) / tokens, sum(each[1] for each in layer) / tokens)
            for layer in zip(*(each[1] for each in passes), strict=True)
        ]
        return [*self._start[:first], *run] if first else run


def _sums(seen: "Seen") -> "tuple[int, list[tuple[Tensor, Tensor]], int]":
    """The first layer, each layer's sums over tokens of entropy and distance by head, and how many tokens."""
    from tasks.finetune.monitors.focus import entropy_share, mean_distance

    tokens = seen.mask.float()
    sums = [
        (
            (entropy_share(weights, seen.mask) * tokens[:, None]).sum((0, 2)).cpu(),
            (mean_distance(weights, seen.mask) * tokens[:, None]).sum((0, 2)).cpu(),
        )
        for weights in seen.attention
    ]
    return seen.first, sums, int(tokens.sum())
