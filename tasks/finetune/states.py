"""States that enter the first learning layer, now and once more layers have thawed: computed once for frozen layers."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tasks.digest import sha256_of_texts, sha256_of_value
from tasks.files import drop_oldest, replacing
from tasks.model.batches import Tokens, pad, plan_batches
from tasks.model.classifier import Classifier
from tasks.model.upper import states_at

TOKEN_BUDGET = 4096
FORMAT = 2
"""Part of the key: raise it when the same rows would give other states."""


@dataclass(frozen=True)
class FrozenStates:
    """The states of every row's tokens, row after row."""

    states: Tensor
    """(all tokens, D)"""
    starts: list[int]
    """Where each row begins; one more at the end."""

    def batch(self, rows: Tensor, longest: int) -> Tensor:
        """The states (B, T, D) of some rows, zero where they are shorter than the longest."""
        hidden = self.states.new_zeros(len(rows), longest, self.states.shape[1])
        for place, row in enumerate(rows.tolist()):
            states = self.states[self.starts[row] : self.starts[row + 1]]
            hidden[place, : len(states)] = states
        return hidden


def size_in_gigabytes(token_count: int, width: int, dtype: torch.dtype) -> float:
    """What the states of so many tokens take."""
    return token_count * width * dtype.itemsize / 1e9


def states_file(folder: Path, cut: int, ids: Tokens, device: torch.device, dtype: torch.dtype, key: str) -> Path:
    """Where the states that enter layer `cut` for these rows are stored.

    `key` names the base and the way of computing; the rows' ids, the cut, device, dtype, threads and torch are added.
    """
    return folder / f"{_file_key(cut, ids, device, dtype, key)}.safetensors"


def make_room(files: Mapping[Path, float], gigabytes: float) -> None:
    """Drop from the files' folder what was used longest ago, so that with all of these it takes at most `gigabytes`.

    files: with the gigabytes that each takes. Those that are there stay; for the others there is room afterwards, so
    that the bound holds while they are written, too.
    """
    there = [file for file in files if file.exists()]
    for file in there:
        _in_use(file)
    coming = sum(size for file, size in files.items() if file not in there)
    if coming:
        drop_oldest(next(iter(files)).parent, gigabytes - coming, keep=len(there))


def frozen_states(
    model: Classifier, files: Mapping[int, Path], ids: Tokens, *, device: torch.device, dtype: torch.dtype
) -> FrozenStates:
    """The states that enter the highest of the layers `files` for each row, from its file if they were stored before.

    If they have to be computed, the same pass stores those that enter the others.
    """
    starts = [0]
    for each in ids:
        starts.append(starts[-1] + len(each))
    states = _stored(files[max(files)])
    if states is None:
        missing = [cut for cut, file in files.items() if cut == max(files) or not file.exists()]
        computed = _compute(model, missing, ids, starts, device=device, dtype=dtype)
        for cut in missing:
            with replacing(files[cut]) as temporary:
                save_file({"states": computed[cut]}, temporary)
        states = computed[max(files)]
    for file in files.values():
        _in_use(file)
    return FrozenStates(states, starts)


def _stored(file: Path) -> Tensor | None:
    """None also where another process has just dropped the file."""
    try:
        return load_file(file)["states"]
    except FileNotFoundError:
        return None


def _in_use(file: Path) -> None:
    """The least recently used go first; one that another process has dropped is not missed."""
    with suppress(FileNotFoundError):
        os.utime(file)


@torch.no_grad()
def _compute(
    model: Classifier, cuts: Sequence[int], ids: Tokens, starts: list[int], *, device: torch.device, dtype: torch.dtype
) -> dict[int, Tensor]:
    """The states at each cut, (all tokens, D), from one pass over the rows."""
    model.eval()
    states: dict[int, Tensor] = {}
    for rows in plan_batches([len(each) for each in ids], TOKEN_BUDGET):
        batch = pad(rows, ids).to(device)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            caught = states_at(model.encoder, cuts, batch.input_ids, batch.attention_mask, batch.token_types)
        for cut, hidden in zip(cuts, caught, strict=True):
            if cut not in states:
                states[cut] = torch.empty(starts[-1], hidden.shape[-1], dtype=dtype)
            of_rows = hidden.to("cpu", dtype)
            for place, row in enumerate(rows):
                states[cut][starts[row] : starts[row + 1]] = of_rows[place, : len(ids[row])]
    return states


def _file_key(cut: int, ids: Tokens, device: torch.device, dtype: torch.dtype, key: str) -> str:
    rows = sha256_of_texts(" ".join(map(str, each)) for each in [*ids, *(ids.types or [])])
    settings = [FORMAT, key, cut, rows, device.type, str(dtype), torch.get_num_threads(), torch.__version__]
    return sha256_of_value(settings)
