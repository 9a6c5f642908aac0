"""Base + head, shaped by a strategy."""

from collections.abc import Set
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tasks.errors import SettingsError
from tasks.inputs import Input, TextInput
from tasks.inputs.pooling import word_states
from tasks.model.encoder import depth_of_parameters, encoder_inputs, layer_stack, load_encoder
from tasks.model.kernels import QuickKernels
from tasks.model.needs import require
from tasks.model.strategies.base import Strategy
from tasks.model.upper import upper_layers

TEXT = TextInput()


class Classifier(nn.Module):
    """Token ids → the target's outputs: encoder, the input's pooling (or none: each word's state), linear head."""

    def __init__(self, encoder: nn.Module, outputs: int, row_input: Input = TEXT) -> None:
        super().__init__()
        self.encoder = encoder
        self.input = row_input
        width = row_input.feature_width(int(encoder.config.hidden_size))  # type: ignore[union-attr,arg-type]
        self.head = nn.Linear(width, outputs)
        self.learnable: frozenset[str] = frozenset()
        """Names of the parameters that may ever learn; some of them may be frozen for now."""
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        if not getattr(encoder.config, "quant_mode", False):  # I-BERT's states come with their scale
            layer_stack(encoder)[0].register_forward_pre_hook(_in_dtype_of_products, with_kwargs=True)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        hidden: Tensor | None = None,
        cut: int = 0,
        *,
        token_types: Tensor | None = None,
        segments: Tensor | None = None,
        words: Tensor | None = None,
    ) -> Tensor:
        """Outputs (B, C) in float32 for ids and mask (B, T); of pairs also token types and segments.

        With `words` (B, W), the places of words' first tokens, outputs are of each word: (B, W, C).

        With `hidden` (B, T, D), the states that enter layer number `cut`, only the layers from there on are run.
        """
        encoder = self.encoder if hidden is None else upper_layers(self.encoder, cut, hidden)
        inputs = encoder_inputs(encoder, input_ids, attention_mask, token_types)
        with QuickKernels() if input_ids.device.type == "cpu" else nullcontext():
            states = encoder(**inputs).last_hidden_state
        with torch.autocast(input_ids.device.type, enabled=False):
            if words is not None:
                return self.head(word_states(states, words))
            return self.head(self.input.pool(states, attention_mask, segments))


def build_classifier(
    folder: Path,
    strategy: Strategy,
    outputs: int,
    attention: str,
    *,
    with_weights: bool = True,
    row_input: Input = TEXT,
) -> Classifier:
    """The base at `folder` as the strategy shapes it, with a head of zeros; only what may learn requires a gradient.

    Raises SettingsError if the strategy asks for more layers than the base has, or needs what it has not.
    """
    return shape_classifier(load_encoder(folder, attention, with_weights=with_weights), strategy, outputs, row_input)


def shape_classifier(encoder: nn.Module, strategy: Strategy, outputs: int, row_input: Input = TEXT) -> Classifier:
    """`build_classifier` for a base that is loaded already; it is changed in place."""
    layers = len(layer_stack(encoder))
    wanted = getattr(strategy, "layers", 0)
    if wanted > layers:
        raise SettingsError(f"finetune.strategy.layers: {wanted}, but the base has {layers} layers; ask for fewer.")
    kind = getattr(strategy, "kind", type(strategy).__name__)
    require(encoder, f"finetune.strategy.kind: {kind}", strategy.needs)
    strategy.reshape(encoder)
    model = Classifier(encoder, outputs, row_input)
    depths = parameter_depths(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("head.") or strategy.trains(name, depths[name], layers)
    model.learnable = frozenset(name for name, parameter in model.named_parameters() if parameter.requires_grad)
    return model


def thaw(model: Classifier, lowest_depth: int) -> None:
    """Of what may ever learn, let learn what lies at `lowest_depth` or above, and freeze the rest."""
    depths = parameter_depths(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name in model.learnable and depths[name] >= lowest_depth


def parameter_depths(model: Classifier) -> dict[str, int]:
    """Each parameter's depth: 0 embeddings, 1 … L layers, L + 1 final norms, L + 2 the head."""
    depths = {f"encoder.{name}": depth for name, depth in depth_of_parameters(model.encoder).items()}
    head = len(layer_stack(model.encoder)) + 2
    return depths | {f"head.{name}": head for name, _ in model.head.named_parameters()}


def frozen_layers(model: Classifier) -> int:
    """How many layers, counted from the embeddings up, hold nothing that learns. 0 also if the embeddings learn."""
    return _below(model, {name for name, parameter in model.named_parameters() if parameter.requires_grad})


def frozen_layers_after(model: Classifier, lowest_depth: int) -> int:
    """`frozen_layers` as it will be after `thaw(model, lowest_depth)`."""
    depths = parameter_depths(model)
    return _below(model, {name for name in model.learnable if depths[name] >= lowest_depth})


def _below(model: Classifier, learning: Set[str]) -> int:
    depths = parameter_depths(model)
    layers = len(layer_stack(model.encoder))
    return max(0, min([*(depths[name] for name in learning), layers + 1]) - 1)


def train_mode(model: Classifier) -> None:
    """Training mode where something learns; frozen layers keep dropout off, so that their outputs never change."""
    frozen = frozen_layers(model)
    model.train()
    if frozen == 0:
        return
    stack = layer_stack(model.encoder)
    learning: list[Any] = list(stack[frozen:])
    model.encoder.eval()
    for layer in learning:
        layer.train()


def learned_state(model: Classifier) -> dict[str, Tensor]:
    """The tensors that may have learned, by name: all that must be kept beside the base."""
    return {name: p.detach().cpu().contiguous() for name, p in model.named_parameters() if name in model.learnable}


def _in_dtype_of_products(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A hook before the first layer: the states that enter the first layer, under autocast in its dtype.

    In float32 they would stay so through all layers, since each layer adds to them, and every product would cast its
    input anew; stored states have this dtype already.
    """
    states = args[0] if args else kwargs["hidden_states"]
    device = states.device.type
    if not torch.is_autocast_enabled(device):
        return None
    states = states.to(torch.get_autocast_dtype(device))
    return ((states, *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": states})
