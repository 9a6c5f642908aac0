"""Texts or pairs → frozen features: one forward pass of the untouched base, kept on disk."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from tasks.digest import sha256_of_texts, sha256_of_value
from tasks.errors import SetupError
from tasks.files import drop_oldest, replacing
from tasks.inputs import INPUTS, input_of
from tasks.inputs.pooling import word_states
from tasks.model.batches import Tokens, pad, plan_batches
from tasks.model.device import cpu_threads, pick_attention, pick_device, pick_dtype
from tasks.model.encoder import encoder_inputs, load_encoder
from tasks.model.limits import open_base
from tasks.model.settings import BaseSettings
from tasks.model.tokenizer import load_tokenizer, token_ids
from tasks.paths import Paths
from tasks.texts import Text, strings

TOKEN_BUDGET = 2048
KEPT_GIGABYTES = 4.0
"""Features on disk; those used longest ago go first."""
FORMAT = 3
"""Part of the cache's key: raise it when the same texts would give other features."""


def text_features(texts: Sequence[Text], base: BaseSettings, paths: Paths, *, per_word: bool = False) -> np.ndarray:
    """The base's features of each text or pair, as the input pools them: (N, F) float32, rows of length √F; per_word:
    of each word that has a token, one after the other.

    Computed once for the same texts in the same order, base, precision and number of threads; then read from
    `paths.cache`. The order is part of the key so that a hit has the very bytes that computing would give.
    """
    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    folder = open_base(base, paths.root)
    device = pick_device()
    dtype = pick_dtype("auto", device)
    file = paths.cache / "features" / f"{_cache_key(texts, base, device, dtype, per_word)}.safetensors"
    features = _stored(file)
    if features is None:
        with cpu_threads(base.threads):
            features = compute_features(texts, folder, base.max_tokens, device, dtype, per_word=per_word)
        with replacing(file) as temporary:
            save_file({"features": features}, temporary)
        drop_oldest(file.parent, KEPT_GIGABYTES, keep=1)
    return features


def read_words(texts: Sequence[Text], base: BaseSettings, paths: Paths) -> list[np.ndarray]:
    """Which of each text's words the base reads, (W,) bool each: those whose features there are."""
    ids = token_ids(load_tokenizer(open_base(base, paths.root), base.max_tokens), texts, per_word=True)
    return [np.array(places) >= 0 for places in ids.words or []]


def _stored(file: Path) -> np.ndarray | None:
    """None also where another process has just dropped the file."""
    try:
        os.utime(file)  # the least recently used go first
        return load_file(file)["features"]
    except FileNotFoundError:
        return None


def compute_features(
    texts: Sequence[Text],
    folder: Path,
    max_tokens: int,
    device: torch.device,
    dtype: torch.dtype,
    *,
    per_word: bool = False,
) -> np.ndarray:
    """`text_features` without the cache."""
    ids = token_ids(load_tokenizer(folder, max_tokens), texts, per_word=per_word)
    encoder = load_encoder(folder, pick_attention(device, max_tokens)).to(device)
    return encode(encoder, ids, device=device, dtype=dtype)


@torch.no_grad()
def encode(encoder: nn.Module, ids: Tokens, *, device: torch.device, dtype: torch.dtype) -> np.ndarray:
    """Pooled states of token ids, (N, F) float32, in the rows' order, or each word's, (M, F); dropout off."""
    row_input = INPUTS["text" if ids.segments is None else "pair"]
    encoder.eval()
    features: np.ndarray | None = None
    starts = np.cumsum([0, *(sum(place >= 0 for place in row) for row in ids.words or ())])
    for rows in plan_batches([len(each) for each in ids], TOKEN_BUDGET):
        batch = pad(rows, ids).to(device)
        inputs = encoder_inputs(encoder, batch.input_ids, batch.attention_mask, batch.token_types)
        hidden = _states(encoder, inputs, device, dtype)
        if batch.words is None:
            pooled = row_input.pool(hidden, batch.attention_mask, batch.segments).cpu().numpy()
            places: Any = rows
        else:
            pooled = word_states(hidden, batch.words)[batch.words >= 0].cpu().numpy()
            places = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in rows])
        if features is None:
            total = len(ids) if ids.words is None else int(starts[-1])
            features = np.empty((total, pooled.shape[1]), dtype=np.float32)
        features[places] = pooled
    return features if features is not None else np.zeros((0, 0), dtype=np.float32)


def _states(encoder: nn.Module, inputs: dict[str, Tensor], device: torch.device, dtype: torch.dtype) -> Tensor:
    try:
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            states: Tensor = encoder(**inputs).last_hidden_state
    except IndexError as error:  # of a base whose tables `check_limits` does not know by name
        rows, tokens = inputs["input_ids"].shape
        raise SetupError(
            f"{type(encoder).__name__} has no vector for a token or a position of these {rows} texts of {tokens} "
            f"tokens ({error}). Lower base.max_tokens, or take the tokenizer that belongs to the base."
        ) from None
    return states


def _cache_key(
    texts: Sequence[Text], base: BaseSettings, device: torch.device, dtype: torch.dtype, per_word: bool = False
) -> str:
    return sha256_of_value(
        {
            "format": FORMAT,
            "input": "words" if per_word else input_of(texts).kind,
            "texts": sha256_of_texts(strings(texts)),
            "base": [base.sha256, base.revision, base.max_tokens],
            "device": device.type,
            "dtype": str(dtype),
            "threads": base.threads,
            "torch": torch.__version__,
        }
    )
