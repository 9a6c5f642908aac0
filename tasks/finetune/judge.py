"""Finished weights → what they say of the val rows, computed as predicting does: whole, in float32, dropout off."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tasks.finetune.examples import Examples
from tasks.finetune.scores import val_scores
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import Classifier, build_classifier
from tasks.model.device import pick_attention, pick_device
from tasks.model.files import PREDICT_TOKENS, put_back
from tasks.model.problems import problem_of


class Judge:
    """Scores models of any strategy on the same val rows."""

    def __init__(self, folder: Path, label_count: int, val: Examples, max_tokens: int) -> None:
        self._folder = folder
        self._labels = label_count
        self._val = val
        self._device = pick_device()
        self._attention = pick_attention(self._device, max_tokens)
        self._built: tuple[Any, Classifier] | None = None

    @torch.no_grad()
    def logits(self, strategy: Any, weights: Mapping[str, Tensor]) -> Tensor:
        """The logits (N, C) of the val rows by a model of this strategy with these learned weights."""
        if self._built is None or self._built[0] != strategy:
            self._built = strategy, self._build(strategy).to(self._device)
        model = self._built[1]
        put_back(model, dict(weights))
        found = torch.zeros(len(self._val.ids), self._labels)
        for rows in plan_batches(self._val.lengths, PREDICT_TOKENS):
            batch = pad(rows, self._val.ids).to(self._device)
            found[rows] = model(batch.input_ids, batch.attention_mask, **batch.of_pairs).cpu()
        return found

    def scores(self, logits: Tensor) -> dict[str, float]:
        """val_loss, val_accuracy and val_macro_f1 of logits (N, C)."""
        return val_scores(logits, self._val.labels)

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
        return build_classifier(
            self._folder, strategy, self._labels, self._attention, problem=problem_of(self._val.texts)
        ).eval()
