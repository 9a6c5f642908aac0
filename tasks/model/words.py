"""The table of words, narrowed while a model learns to the words that occur."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tasks.model.encoder import words_of


class NarrowedWords:
    """A table of words (V, D) cut down, in place, to the rows (U, D) of the ids that occur; `widen` undoes it.

    A word that no text holds gets a gradient of 0, so the rest learns what it would learn beside the whole table. But
    the whole table is most of what a step would read and write: 30,000 rows, of which a data set has some thousand.
    """

    def __init__(self, table: nn.Embedding, ids: Iterable[Sequence[int]]) -> None:
        always = {0} if table.padding_idx is None else {0, table.padding_idx}  # `pad` fills up with 0
        self._table = table
        self._whole, self._padding = table.weight.detach(), table.padding_idx
        self._rows = torch.tensor(sorted(always.union(*ids)), device=self._whole.device)
        place = torch.full((len(self._whole),), len(self._rows), device=self._whole.device)  # others: out of range
        place[self._rows] = torch.arange(len(self._rows), device=self._whole.device)
        table.weight = nn.Parameter(self._whole[self._rows])
        table.padding_idx = None if self._padding is None else int(place[self._padding])
        self._is_whole = False
        self._mapping = table.register_forward_pre_hook(
            lambda _, args: None if self._is_whole else (place[args[0]], *args[1:])
        )

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within the block the model reads any id; words that do not occur are as pre-trained. Nothing learns in it."""
        narrow = self._table.weight
        self._table.weight = nn.Parameter(self._widened(), requires_grad=False)
        self._is_whole = True
        try:
            yield
        finally:
            self._table.weight = narrow
            self._is_whole = False

    def widen(self, model: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """`state`, learned by `model` while narrowed, with the whole table; the model gets the whole one back, too."""
        name = next(name for name, parameter in model.named_parameters() if parameter is self._table.weight)
        self._mapping.remove()
        self._table.padding_idx = self._padding
        self._table.weight = nn.Parameter(self._widened())
        return state | {name: self._whole.cpu().index_copy(0, self._rows.cpu(), state[name])}

    def _widened(self) -> Tensor:
        return self._whole.index_copy(0, self._rows, self._table.weight.detach())


def narrow_words(encoder: nn.Module, ids: Iterable[Sequence[int]]) -> NarrowedWords | None:
    """The encoder's table of words narrowed to `ids`; None, and nothing done, where it is frozen or of another kind."""
    table = words_of(encoder)
    if not isinstance(table, nn.Embedding) or not table.weight.requires_grad:
        return None
    return NarrowedWords(table, ids)
