"""Everything as it stands before the first step."""

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tasks.errors import SettingsError
from tasks.finetune.dropout import set_dropout
from tasks.finetune.examples import Examples, make_examples, read_examples
from tasks.finetune.settings import FinetuneSettings
from tasks.inputs import input_of
from tasks.model.classifier import Classifier, build_classifier
from tasks.model.device import pick_attention, pick_device, pick_dtype
from tasks.model.features import text_features
from tasks.model.limits import open_base
from tasks.model.needs import require
from tasks.model.recomputing import recompute_layers
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.tokenizer import load_tokenizer
from tasks.paths import Paths
from tasks.targets import LabelTarget, Target

LABEL = LabelTarget()


@dataclass(frozen=True)
class Start:
    """Rows, model and how both are computed with."""

    paths: Paths
    settings: FinetuneSettings
    base: BaseSettings
    folder: Path
    classes: list[str]
    tokenizer: Tokenizer
    train: Examples
    val: Examples
    model: Classifier
    device: torch.device
    dtype: torch.dtype
    target: Target = LABEL

    @property
    def row_weights(self) -> torch.Tensor:
        """How much each train row counts in the loss, (N,)."""
        return self.target.row_weights(self.train.truth, len(self.classes), self.settings.class_weights)


def prepare(paths: Paths, settings: FinetuneSettings, base: BaseSettings, target: Target = LABEL) -> Start:
    """Rows tokenised, base checked and shaped, the head set as the target sets it; the model on its device."""
    start = read(paths, settings, base, target)
    features = None
    if target.starts_from_features:
        features = torch.from_numpy(text_features(start.train.texts, base, paths))
    target.start_head(start.model.head, features, start.train.truth)
    start.model.to(start.device)
    return start


def read(paths: Paths, settings: FinetuneSettings, base: BaseSettings, target: Target = LABEL) -> Start:
    """The same with a head of zeros and the model on the CPU: all that a plan needs. Writes nothing."""
    _refuse_thaw(settings)
    folder = open_base(base, paths.root)
    train_table, val_table = read_examples(paths, settings.val_fold)
    classes = list(target.classes(train_table["label"].to_pylist()))
    tokenizer = load_tokenizer(folder, base.max_tokens)
    train = make_examples(train_table, classes, tokenizer, "train", target)
    val = make_examples(val_table, classes, tokenizer, "val", target)
    device = pick_device()
    attention, row_input = pick_attention(device, base.max_tokens), input_of(train.texts)
    model = build_classifier(folder, settings.strategy, target.width(len(classes)), attention, row_input=row_input)
    for penalty in settings.penalties:
        require(model.encoder, f"finetune.penalties: {penalty.kind}", penalty.needs)
    for monitor in settings.monitors:
        require(model.encoder, f"finetune.monitors: {monitor.kind}", monitor.needs)
    settings.strategy.check(model.encoder, max(train.lengths + val.lengths))
    set_dropout(model, settings.dropout)
    if settings.gradient_checkpointing and not isinstance(settings.strategy, FeatureExtraction):
        recompute_layers(model.encoder, settings.strategy)
    dtype = pick_dtype(settings.precision, device)
    return Start(paths, settings, base, folder, classes, tokenizer, train, val, model, device, dtype, target)


def _refuse_thaw(settings: FinetuneSettings) -> None:
    if settings.thaw.is_moving and settings.strategy.compares_layers:
        raise SettingsError(
            f"finetune.thaw: {settings.thaw.kind} lets layers learn at other times, but {settings.strategy.kind} "
            "weighs all layers against one another from the first step. Take thaw at_once, or another strategy."
        )
