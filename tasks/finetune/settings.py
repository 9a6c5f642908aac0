"""How the model learns."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.losses import AnyLoss
from tasks.finetune.losses.cross_entropy import CrossEntropy
from tasks.finetune.monitors import Monitors
from tasks.finetune.monitors.convergence import Convergence
from tasks.finetune.penalties import AnyPenalty
from tasks.finetune.post import AnyPost
from tasks.finetune.post.none import NoPost
from tasks.finetune.schedules import AnySchedule
from tasks.finetune.schedules.linear import Linear
from tasks.finetune.thaws import AnyThaw
from tasks.finetune.thaws.at_once import AtOnce
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.partial import Partial
from tasks.settings import settings


@settings
class FinetuneSettings:
    """Strategy, passes, rates and batches."""

    strategy: AnyStrategy = Field(default_factory=Partial)
    """Which weights learn, by `kind`; `finetrace strategies` lists them."""
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 5
    """Passes over the train rows."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """Peak rate of the base's weights; null: the strategy's own, see `finetrace strategies`."""
    head_learning_rate: Annotated[float, Field(gt=0, le=1)] = 5e-3
    """Peak rate of the new head."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Each layer further from the head learns this much slower; 1 is the same rate everywhere."""
    schedule: AnySchedule = Field(default_factory=Linear)
    """How all rates rise and fall over the steps: linear, cosine, constant, slanted_triangle or one_cycle."""
    thaw: AnyThaw = Field(default_factory=AtOnce)
    """Which of the strategy's layers learn in which epoch: at_once, by_epoch, on_plateau or freeze_out."""
    loss: AnyLoss = Field(default_factory=CrossEntropy)
    """What a row costs: cross_entropy (with label smoothing where asked) or focal."""
    penalties: tuple[AnyPenalty, ...] = ()
    """What is added to the loss, e.g. [{kind: l2_sp, strength: 0.01}]; l2_sp, ewc, r_drop, fgm, pgd or free_lb."""
    monitors: Monitors = (Convergence(),)
    """Who looks on: convergence, label_noise, gradient_flow, attention, representation_drift, forgetting."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01
    """AdamW's decay of matrices; biases and norms are left out."""
    batch_tokens: Annotated[int, Field(ge=16)] = 1024
    """Tokens in a batch, padding included."""
    accumulate: Annotated[int, Field(ge=1)] | None = None
    """Batches whose gradients are added up for one step, the same as one batch as big; null: as many as hold 16 rows,
    one where texts are short."""
    gradient_checkpointing: bool = False
    """Layers that learn are computed again in the backward pass: the same gradients in less memory, a third slower."""
    max_gradient_norm: Annotated[float, Field(gt=0)] = 1.0
    """Longer gradients are shortened to this."""
    class_weights: Literal["none", "balanced"] = "none"
    """balanced: each label counts the same in the loss, however many rows it has."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Dropout where layers learn; null: the base's own."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Stop after so many epochs without a better val macro F1; 0: never. The best epoch's weights are kept anyway."""
    calibrate: bool = True
    """Divide the logits by a temperature fitted on val, so that probabilities can be believed."""
    val_fold: Annotated[int, Field(ge=0)] | None = None
    """With split.folds: hold out this fold of train and val rows instead of val."""
    post: AnyPost = Field(default_factory=NoPost)
    """What is made of finished trainings: none, wise_ft (back towards the start), soup (mean weights) or ensemble."""
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    """Of matrix products; weights stay float32. auto: bfloat16 where the hardware has it."""
    cache_gigabytes: Annotated[float, Field(ge=0)] = 8.0
    """States of frozen layers are computed once and kept if they fit in this, as do all in data/cache/states (those
    used longest ago go first); 0: computed again each epoch."""
    checkpoint_steps: Annotated[int, Field(ge=1)] = 200
    """Steps between checkpoints; a killed training goes on from the last one, to the same bits."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Order of the rows, dropout, new weights."""
