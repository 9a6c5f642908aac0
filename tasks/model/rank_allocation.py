"""Ranks shared out among low-rank updates by what each of their singular values does for the loss (AdaLoRA)."""

from typing import Any

import torch
from peft.tuners.adalora.config import AdaLoraConfig
from peft.tuners.adalora.layer import RankAllocator
from torch import Tensor, nn

ADAPTER = "default"
"""The name under which PEFT keeps an update's parameters."""


class Allocation:
    """PEFT's allocator, told where the training stands, and which singular values it has settled on."""

    def __init__(self, encoder: nn.Module, *, rank: int, smoothing: float) -> None:
        config = AdaLoraConfig(target_r=rank, beta1=smoothing, beta2=smoothing, total_step=1)
        self._allocator: Any = RankAllocator(encoder, config, ADAPTER)
        self._settled: dict[str, Tensor] = {}

    @torch.no_grad()
    def follow(self, encoder: nn.Module, step: int, steps: int, *, first: int, last: int, every: int) -> None:
        """Zero the least important singular values, in place, as the budget after `step` of `steps` asks.

        first: steps in which every rank is kept; last: steps at the end in which the choice stands; between them the
        choice is made each `every` steps. Gradients must still be there: importance is |w · dw|, smoothed.
        """
        config = self._allocator.peft_config
        config.total_step, config.tinit, config.tfinal, config.deltaT = steps, first, last, every
        if self._settled:
            for name, kept in self._settled.items():
                encoder.get_parameter(name).masked_fill_(~kept, 0.0)
            return
        self._allocator.update_ipt(encoder)
        budget, is_due = self._allocator.budget_schedule(step)
        is_settling = step >= steps - last  # where a clock leads, steps are jumped over
        if is_due or is_settling:
            pattern = self._allocator.mask_to_budget(encoder, budget)
        if is_settling:
            self._settled = {
                name: torch.tensor(kept, device=encoder.get_parameter(name).device).unsqueeze(1)
                for name, kept in pattern.items()
            }

    def memory(self) -> dict[str, Tensor]:
        """The smoothed importances and the choice, if it was made."""
        parts = {
            "sensitivity": self._allocator.exp_avg_ipt,
            "uncertainty": self._allocator.exp_avg_unc,
            "settled": self._settled,
        }
        return {f"{name}|{part}": value.cpu() for part, values in parts.items() for name, value in values.items()}

    def recall(self, encoder: nn.Module, memory: dict[str, Tensor]) -> None:
        """Put what `memory` gave back."""
        parts: dict[str, dict[str, Tensor]] = {"sensitivity": {}, "uncertainty": {}, "settled": {}}
        for key, value in memory.items():
            name, _, part = key.partition("|")
            parts[part][name] = value.to(encoder.get_parameter(name).device)
        self._allocator.exp_avg_ipt, self._allocator.exp_avg_unc = parts["sensitivity"], parts["uncertainty"]
        self._allocator.ipt = dict(parts["sensitivity"])  # PEFT looks there for what it has met
        self._settled = parts["settled"]


def distance_from_orthogonal(encoder: nn.Module) -> Tensor:
    """The mean of ‖PᵀP − I‖ and ‖QQᵀ − I‖ of all updates P E Q (Frobenius); the paper sums their squares."""
    grams = []
    for name, parameter in encoder.named_parameters():
        if ".lora_A." in name:
            grams.append(parameter @ parameter.t())
        elif ".lora_B." in name:
            grams.append(parameter.t() @ parameter)
    return torch.stack([(gram - torch.eye(len(gram), device=gram.device)).norm() for gram in grams]).mean()
