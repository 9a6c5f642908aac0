"""Finished weights → what they say of the val rows, computed as predicting does: whole, in float32, dropout off."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tasks.finetune.examples import Examples
from tasks.finetune.outputs import empty_outputs, put_outputs
from tasks.inputs import input_of
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import Classifier, build_classifier
from tasks.model.device import pick_attention, pick_device
from tasks.model.files import PREDICT_TOKENS, put_back
from tasks.targets import LabelTarget, Target

LABEL = LabelTarget()


class Judge:
    """Scores models of any strategy on the same val rows."""

    def __init__(
        self, folder: Path, classes: Sequence[str], val: Examples, max_tokens: int, target: Target = LABEL
    ) -> None:
        self.target = target
        self._folder = folder
        self._classes = classes
        self._val = val
        self._device = pick_device()
        self._attention = pick_attention(self._device, max_tokens)
        self._built: tuple[Any, Classifier] | None = None

    @torch.no_grad()
    def logits(self, strategy: Any, weights: Mapping[str, Tensor]) -> Tensor:
        """The outputs of the val rows by a model of this strategy with these learned weights."""
        if self._built is None or self._built[0] != strategy:
            self._built = strategy, self._build(strategy).to(self._device)
        model = self._built[1]
        put_back(model, dict(weights))
        found = empty_outputs(self.target, self._val.truth, model.head.out_features)
        for rows in plan_batches(self._val.lengths, PREDICT_TOKENS):
            batch = pad(rows, self._val.ids).to(self._device)
            put_outputs(found, rows, model(batch.input_ids, batch.attention_mask, **batch.extras))
        return found

    def scores(self, logits: Tensor) -> dict[str, float]:
        """val_loss, val_score and the target's own scores of outputs."""
        return self.target.val_scores(logits, self._val.truth, self._classes)

    def as_strategy(self, wanted: Any, strategy: Any, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What `strategy` learned, as weights of a model of `wanted`: as they are, or all weights after merging.

        wanted: `strategy`, or full (tasks.finetune.post.averaging.averaged_strategy).
        """
        if wanted == strategy:
            return dict(weights)
        model = self._build(strategy)
        put_back(model, dict(weights))
        strategy.merge(model.encoder)
        return {name: parameter.detach().contiguous() for name, parameter in model.named_parameters()}

    def _build(self, strategy: Any) -> Classifier:
        outputs, row_input = self.target.width(len(self._classes)), input_of(self._val.texts)
        return build_classifier(self._folder, strategy, outputs, self._attention, row_input=row_input).eval()
