"""A logistic head on frozen features: a round is all its passes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tasks.finetune.head import fit_head
from tasks.model.base import find_base
from tasks.model.device import pick_attention, pick_dtype
from tasks.model.encoder import load_encoder
from tasks.model.features import encode
from tasks.model.tokenizer import load_tokenizer, token_ids
from tasks.targets import LabelTarget
from tests.bench.turn import Turn
from tests.bench.workspace import read_side, repository_base

WEAK = 1e4
"""An inverse penalty so weak that the fit does not end before its passes are done."""

Features = Callable[[], torch.Tensor]


def play(turn: Turn, *, workspace: str, passes: int, anew: bool, rounds: int, threads: int) -> None:
    """Each turn fits a new head in `passes` passes, with the features computed before the first or before each."""
    base, device = repository_base(threads), torch.device("cpu")
    folder, dtype = find_base(base, Path.cwd()), pick_dtype("auto", device)
    rows = read_side(Path(workspace), "train")
    names = sorted({label for _, label in rows})
    labels = torch.tensor([names.index(label) for _, label in rows])
    ids = token_ids(load_tokenizer(folder, base.max_tokens), [text for text, _ in rows])
    encoder = load_encoder(folder, pick_attention(device, base.max_tokens))

    def features() -> torch.Tensor:
        return torch.from_numpy(encode(encoder, ids, device=device, dtype=dtype).astype(np.float32))

    for _ in range(rounds):
        head = torch.nn.Linear(encoder.config.hidden_size, len(names))  # type: ignore[union-attr,arg-type]
        turn.begin()
        done = (
            _each_with_its_own(head, features, labels, passes)
            if anew
            else _with_the_same(head, features, labels, passes)
        )
        turn.end(done * len(rows))
    turn.finish(passes=done)


def _losses(labels: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda outputs: LabelTarget().feature_losses(outputs, labels)


def _with_the_same(head: torch.nn.Linear, features: Features, labels: torch.Tensor, passes: int) -> int:
    return fit_head(head, features(), _losses(labels), inverse_penalty=WEAK, iterations=passes)


def _each_with_its_own(head: torch.nn.Linear, features: Features, labels: torch.Tensor, passes: int) -> int:
    for _ in range(passes):
        fit_head(head, features(), _losses(labels), inverse_penalty=WEAK, iterations=1)
    return passes
