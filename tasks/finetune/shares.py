"""How much of a base learns under each preset: counted on the base itself."""

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

from tasks.errors import SettingsError
from tasks.finetune.presets import apply_preset
from tasks.finetune.settings import FinetuneSettings
from tasks.model.classifier import shape_classifier
from tasks.model.encoder import load_encoder


def learning_shares(folder: Path, names: Iterable[str]) -> dict[str, float | None]:
    """For each preset, the parameters that may ever learn as a share of the base's at `folder`, the head left out.

    None where the base lacks what the strategy needs. Only the shapes count, so no weights are read.
    """
    bare = load_encoder(folder, "sdpa", with_weights=False)
    total = sum(parameter.numel() for parameter in bare.parameters())
    shares: dict[str, float | None] = {}
    for name in names:
        strategy = apply_preset(FinetuneSettings(), name).strategy
        try:
            model = shape_classifier(deepcopy(bare), strategy, 2)
        except SettingsError:
            shares[name] = None
            continue
        parameters = model.encoder.named_parameters(prefix="encoder")
        shares[name] = sum(each.numel() for key, each in parameters if key in model.learnable) / total
    return shares
