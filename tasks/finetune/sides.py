"""Which frozen states are kept for the loop, and why not, where they are not."""

from collections.abc import Sequence

import torch

from tasks.files import drop_oldest
from tasks.finetune.examples import Examples
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.states import frozen_states, make_room, size_in_gigabytes, states_file
from tasks.finetune.training import Side
from tasks.model.batches import pad
from tasks.model.classifier import Classifier, frozen_layers, frozen_layers_after
from tasks.model.encoder import layer_stack
from tasks.model.settings import BaseSettings
from tasks.model.upper import cut_is_exact
from tasks.paths import Paths


def make_sides(
    model: Classifier,
    train: Examples,
    val: Examples,
    settings: FinetuneSettings,
    base: BaseSettings,
    paths: Paths,
    dtype: torch.dtype,
    *,
    untouched: bool = True,
    fronts: Sequence[int] = (),
) -> tuple[int, Side, Side]:
    """The cut, and both sides with the states of the frozen layers if those can be kept.

    untouched: whether the frozen layers are still the base's; states are stored under the base's name.
    fronts: the lowest depths that may learn in later epochs. What enters their layers is stored by the same pass, as
    far as finetune.cache_gigabytes has room.
    """
    cut = _cut(model, frozen_layers(model))
    device = next(model.parameters()).device
    if not untouched or why_not_kept(model, cut, train, val, settings, dtype):
        return cut, Side(train), Side(val)
    later = (_cut(model, frozen_layers_after(model, front)) for front in fronts)
    gigabytes = [size_in_gigabytes(sum(each.lengths), _width(model), dtype) for each in (train, val)]
    room = int(settings.cache_gigabytes / sum(gigabytes))
    cuts = [cut, *dict.fromkeys(each for each in later if 0 < each < cut)][:room]
    folder, key = paths.cache / "states", f"{base.sha256}/{base.max_tokens}"
    files = [[states_file(folder, each, side.ids, device, dtype, key) for each in cuts] for side in (train, val)]
    make_room(
        {file: size for side, size in zip(files, gigabytes, strict=True) for file in side}, settings.cache_gigabytes
    )
    sides = [
        Side(side, frozen_states(model, dict(zip(cuts, of_side, strict=True)), side.ids, device=device, dtype=dtype))
        for side, of_side in zip((train, val), files, strict=True)
    ]
    drop_oldest(folder, settings.cache_gigabytes, keep=len(sides))
    return cut, sides[0], sides[1]


def _cut(model: Classifier, frozen: int) -> int:
    return min(frozen, len(layer_stack(model.encoder)) - 1)  # the last layer is always run


def why_not_kept(
    model: Classifier, cut: int, train: Examples, val: Examples, settings: FinetuneSettings, dtype: torch.dtype
) -> str:
    """Why the states below the cut are computed anew each epoch; "" if they can be kept."""
    layers = len(layer_stack(model.encoder))
    if cut == 0 or cut > layers - 1:
        return "no whole layer is frozen"
    if settings.strategy.is_seen_from_the_start:
        return f"what {settings.strategy.kind} puts before each text changes what the frozen layers see"
    moving = [each.kind for each in settings.penalties if each.moves_words]
    if moving:
        return f"finetune.penalties: {', '.join(moving)} changes what the frozen layers see"
    size = size_in_gigabytes(sum(train.lengths) + sum(val.lengths), _width(model), dtype)
    if size > settings.cache_gigabytes:
        return f"they would take {size:.1f} GB, more than finetune.cache_gigabytes ({settings.cache_gigabytes:g})"
    probe = pad(list(range(min(4, len(val.ids)))), val.ids).to(next(model.parameters()).device)
    if not cut_is_exact(model.encoder, cut, probe.input_ids, probe.attention_mask, probe.token_types):
        return "this base's layers cannot be run from stored states"
    return ""


def _width(model: Classifier) -> int:
    return int(model.encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
