"""What the loop is given: model, optimizer, rows, and who adds to the loss or looks on."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from accelerate import Accelerator
from tokenizers import Tokenizer
from torch import Tensor

from tasks.finetune.allowance import Allowance
from tasks.finetune.examples import Examples
from tasks.finetune.monitors.base import Watcher
from tasks.finetune.penalties.base import Term
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.states import FrozenStates
from tasks.model.batches import batches_per_step, plan_batches
from tasks.model.classifier import Classifier
from tasks.model.words import NarrowedWords
from tasks.targets import Target

Tensors = dict[str, dict[str, Tensor]]
"""What a snapshot holds, see tasks.finetune.snapshot."""


@dataclass(frozen=True)
class Side:
    """Rows, and the states of their frozen layers if those are kept."""

    examples: Examples
    states: FrozenStates | None = None


@dataclass(frozen=True)
class Pass:
    """One batch on its way through the model, as a penalty sees it. B rows, C labels."""

    forward: Callable[[], Tensor]
    """Another pass of the same rows, dropout drawn anew: logits (B, C) in float32."""
    loss: Callable[[Tensor], Tensor]
    """Outputs → each row's loss (B,), before row weights."""
    logits: Tensor
    """The outputs of the pass that was made, (B, C), or (B, W, C) of words."""
    truth: Tensor
    """What they should be, see the target."""
    lengths: Tensor
    """(B,) how many tokens each row has; what comes after them is padding."""


@dataclass
class Training:
    """What the loop needs. `save(progress, tensors)` keeps a checkpoint, `watch(step, numbers)` looks on.

    `make_sides(untouched, fronts)` gives the first learning layer and both sides, with the states of the frozen layers
    below if those are `untouched` by training and can be kept; it is asked again whenever layers thaw or freeze.
    `fronts` are the lowest depths that may learn in later epochs.
    """

    model: Classifier
    optimizer: torch.optim.Optimizer
    accelerator: Accelerator
    settings: FinetuneSettings
    train: Side
    val: Side
    make_sides: Callable[[bool, Sequence[int]], tuple[int, Side, Side]]
    row_weights: Tensor
    """How much each train row counts, (N,)."""
    save: Callable[[Progress, Tensors], None]
    watch: Callable[[int, dict[str, float]], None]
    target: Target
    classes: Sequence[str]
    words: NarrowedWords | None = None
    allowance: Allowance = field(default_factory=Allowance)
    """Whether a further step may be taken."""
    terms: Sequence[Term] = ()
    """What is added to the loss."""
    watchers: Mapping[str, Watcher] = field(default_factory=dict)
    """Who looks on, by the monitor's kind."""
    tokenizer: Tokenizer | None = None
    """The base's, for monitors that bring texts of their own."""
    cut: int = 0
    top_layers: int | None = None
    """How many of the top layers learn; None before the first epoch."""

    @property
    def steps_per_epoch(self) -> int:
        """The same for each epoch: only lengths decide how many batches there are."""
        batches = len(plan_batches(self.train.examples.lengths, self.settings.batch_tokens))
        return math.ceil(batches / self.accumulate)

    @cached_property
    def accumulate(self) -> int:
        """How many batches make a step."""
        lengths = self.train.examples.lengths
        return batches_per_step(lengths, self.settings.batch_tokens, self.settings.accumulate)

    @property
    def steps(self) -> int:
        """Of all epochs."""
        return self.steps_per_epoch * self.settings.epochs
