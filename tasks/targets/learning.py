"""How a target is learned: truth, losses, the head's start, scores of the held-out rows, and what is fitted on them.

Shapes as in tasks.targets.base. torch is imported by those who call these.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tasks.errors import SettingsError
from tasks.settings import settings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Decision = Mapping[str, Any]
"""What turns outputs into an answer beside the weights, fitted on val: plain JSON, kept in the model's about.json."""
NOTHING: Decision = {}
PROTOTYPE_SCALE = 20.0
"""Logit of a row that points exactly along its class prototype."""


@settings
class Learning:
    """The half of a target that training asks: cross-entropy's, where a target does not say otherwise."""

    def width(self, classes: int) -> int:
        """How many numbers the head gives."""
        return classes

    def encode(
        self, column: Sequence[str], classes: Sequence[str], words: "Sequence[Sequence[int]] | None"
    ) -> "Tensor":
        """The truth that the loss compares outputs with, first dimension N.

        words: of each row, its words' first tokens (-1: none), where `per_word`. Raises DataError on an unknown class.
        """
        raise NotImplementedError

    def row_weights(self, truth: "Tensor", classes: int, class_weights: str) -> "Tensor":  # noqa: ARG002
        """How much each row counts in the loss, (N,)."""
        import torch

        if class_weights != "none":
            raise SettingsError(f"finetune.class_weights: {class_weights} needs one label a row; set it to none.")
        return torch.ones(len(truth))

    def losses(self, outputs: "Tensor", truth: "Tensor", loss: Any) -> "Tensor":
        """Each row's loss, (B,). loss: the settings of finetune.loss."""
        raise NotImplementedError

    def feature_losses(self, outputs: "Tensor", truth: "Tensor") -> "Tensor":
        """Each row's loss when only a head learns on fixed features; of words, each word's, both given flat."""
        from torch.nn import functional as F

        return F.cross_entropy(outputs, truth, reduction="none")

    def flat(self, truth: "Tensor") -> "Tensor":
        """The truth in the order of tasks.model.features: of words, those that have a token, one after the other."""
        return truth

    def unflat(self, outputs: "Tensor", truth: "Tensor") -> "Tensor":  # noqa: ARG002
        """Outputs of features put into their places, as the model gives them."""
        return outputs

    def divergence(self, one: "Tensor", other: "Tensor") -> "Tensor":
        """How far two outputs for the same rows are apart, (B,): KL(p‖q) + KL(q‖p) where there are classes."""
        p, q = one.log_softmax(-1), other.log_softmax(-1)
        apart = ((p.exp() - q.exp()) * (p - q)).sum(-1)
        return apart if apart.dim() == 1 else apart.mean(-1)

    def sampled_log_likelihood(self, outputs: "Tensor", generator: "torch.Generator") -> "Tensor":
        """log p(y|x) of one row's outputs, (1, …), y drawn from the model's own p(·|x): what Fisher is made of."""
        import torch

        log_p = outputs.log_softmax(-1).flatten(0, -2)
        drawn = torch.multinomial(log_p.detach().exp().cpu(), 1, generator=generator).to(log_p.device)
        return log_p.gather(1, drawn).sum()

    def start_head(self, head: "torch.nn.Linear", features: "Tensor | None", truth: "Tensor") -> None:
        """Set the head, in place, before anything has learned.

        features: (N, F) rows of length √F, as tasks.model.features gives them; None unless `starts_from_features`.
        """

    def val_scores(self, outputs: "Tensor", truth: "Tensor", classes: Sequence[str]) -> dict[str, float]:
        """val_loss, val_score (the headline metric) and val_<metric> of the held-out rows."""
        raise NotImplementedError

    def fit_temperature(self, outputs: "Tensor", truth: "Tensor") -> float:  # noqa: ARG002
        """What the outputs are divided by so that their probabilities can be believed; 1 where there are none."""
        return 1.0

    def decide(self, outputs: "Tensor", truth: "Tensor") -> Decision:  # noqa: ARG002
        """What turns (calibrated) outputs into answers, fitted on the held-out rows."""
        return NOTHING

    def finish_head(self, weights: "dict[str, Tensor]", truth: "Tensor") -> "dict[str, Tensor]":  # noqa: ARG002
        """The learned weights as they are saved; truth: of the train rows."""
        return weights
