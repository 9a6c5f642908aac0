"""A few texts whose way through the layers is looked at again and again"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from tasks.finetune.training import Training
from tasks.inputs.pooling import mean_pool
from tasks.model.attention import attention_weights, eager_attention
from tasks.model.batches import pad, plan_batches
from tasks.model.encoder import encoder_inputs, layer_stack
from tasks.model.kernels import QuickKernels
from tasks.model.upper import states_at, upper_layers

TOKENS = 2048
"""In one pass, padding included."""
T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """One pass. B rows of the probe, T tokens, D wide; layers below `first` were not run, and have not changed."""

    rows: list[int]
    mask: Tensor
    """(B, T)"""
    first: int
    pooled: list[Tensor]
    """Each (B, D): the mean of what enters layer `first`, of what enters the next, …, and of what leaves the last."""
    attention: list[Tensor]
    """Of each layer from `first` on, (B, heads, queries, keys); empty unless asked for."""


class Probe:
    """Texts that are run through the encoder as it stands, dropout off: from where training runs it, so that frozen
    layers whose states are kept cost nothing here either."""

    def __init__(self, training: Training, ids: Sequence[Sequence[int]]) -> None:
        self._training = training
        self._ids = ids
        self._batches = plan_batches([len(each) for each in ids], TOKENS)
        self._cut = 0
        self._states: list[Tensor] = []

    @torch.no_grad()
    def run(self, take: Callable[[Seen], T], *, attention: bool = False) -> list[T]:
        """What `take` makes of each pass. Leaves the model in evaluation mode, as the loop's own look at val does."""
        training = self._training
        training.model.eval()
        on_cpu = training.accelerator.device.type == "cpu"
        with ExitStack() as stack:
            stack.enter_context(training.words.whole() if training.words else nullcontext())
            stack.enter_context(training.accelerator.autocast())
            stack.enter_context(QuickKernels() if on_cpu else nullcontext())
            stack.enter_context(eager_attention(training.model.encoder) if attention else nullcontext())
            self._follow_cut()
            return [take(self._pass(number, attention)) for number in range(len(self._batches))]

    def _follow_cut(self) -> None:
        kept = self._training.train.states is not None
        cut = self._training.cut if kept else 0
        if cut != self._cut:
            encoder = self._training.model.encoder
            self._states = [states_at(encoder, [cut], *self._inputs(number))[0] for number in range(len(self._batches))]
            self._cut = cut

    def _inputs(self, number: int) -> tuple[Tensor, Tensor, Tensor | None]:
        batch = pad(self._batches[number], self._ids).to(self._training.accelerator.device)
        return batch.input_ids, batch.attention_mask, batch.token_types

    def _pass(self, number: int, attention: bool) -> Seen:
        input_ids, mask, token_types = self._inputs(number)
        whole: Any = self._training.model.encoder
        encoder = upper_layers(whole, self._cut, self._states[number]) if self._cut else whole
        given = {"output_attentions": True} if attention else {}
        below = [mean_pool(self._states[number], mask)] if self._cut else []  # the first layer run is a stand-in then
        with _pooling(list(layer_stack(whole))[self._cut + len(below) :], mask) as above:
            output = encoder(**encoder_inputs(encoder, input_ids, mask, token_types), **given)
        pooled = [*below, *above, mean_pool(output.last_hidden_state, mask)]
        return Seen(self._batches[number], mask, self._cut, pooled, attention_weights(output))


def place_names(layers: int) -> list[str]:
    """Where states are looked at: what enters the first layer, and what leaves each."""
    return ["embeddings", *(f"layer {number}" for number in range(1, layers + 1))]


@contextmanager
def _pooling(layers: Sequence[nn.Module], mask: Tensor) -> Iterator[list[Tensor]]:
    """The mean over each text's tokens of what enters the layers, collected; virtual tokens before it are left out."""
    pooled: list[Tensor] = []

    def pool(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states = args[0] if args else kwargs["hidden_states"]
        pooled.append(mean_pool(states[:, -mask.shape[1] :], mask))

    handles = [layer.register_forward_pre_hook(pool, with_kwargs=True) for layer in layers]
    try:
        yield pooled
    finally:
        for handle in handles:
            handle.remove()
