"""What a base has room for: positions, words, a padding token; read from its files, without torch."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.errors import SettingsError, SetupError
from tasks.files import read_json
from tasks.model.base import CONFIG, find_base, nearby_base
from tasks.model.settings import BaseSettings
from tasks.model.weights import tensor_shapes

_POSITIONS = re.compile(r"(?:^|\.)(?:position_embeddings?|embed_positions|positions_embed|wpe)\.weight$")
_WORDS = re.compile(
    r"(?:^|\.)(?:word_embeddings|tok_embeddings|embed_tokens|tokens_embed|wte|token_embedding|shared)\.weight$"
)
COUNTED_FROM_PADDING = frozenset(
    (
        *("camembert", "data2vec-text", "esm", "ibert", "layoutlmv3", "lilt", "longformer", "luke", "markuplm"),
        *("mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
    )
)
"""model_type of bases whose first position is the one after the padding token's number (fairseq's rule)."""
_OWN_PADDING = {"mpnet": 1}
"""model_type of bases that count from this number, whatever their config says."""


def open_base(base: BaseSettings, root: Path) -> Path:
    """The base's folder, as `find_base` gives it, for whoever has it read texts: its limits are checked, too.

    Raises what `find_base` and `check_limits` raise.
    """
    folder = find_base(base, root)
    check_limits(folder, base)
    return folder


def check_before_run(base: BaseSettings, root: Path) -> None:
    """`check_limits`, where the base lies in a folder or an installed package; nothing is hashed or fetched for it."""
    folder = nearby_base(base, root)
    if folder is not None and (folder / CONFIG).is_file():
        check_limits(folder, base)


def check_limits(folder: Path, base: BaseSettings) -> None:
    """Raise if the base could not read every text that its tokenizer and base.max_tokens let through.

    SettingsError if it has fewer positions than base.max_tokens, SetupError if it has fewer words than its tokenizer,
    or no padding token though it counts positions from it.
    """
    config, shapes = read_json(folder / CONFIG), tensor_shapes(folder)
    if not isinstance(config, dict):
        return  # `find_base` says so
    _check_padding(folder, config, shapes)
    _check_words(folder, shapes)
    places = positions(config, shapes)
    if places is not None and places < base.max_tokens:
        advice = f"Set base.max_tokens to {places}, or take another base." if places >= 8 else "Take another base."
        raise SettingsError(
            f"base.max_tokens: {base.max_tokens}, but {base.id} has positions for {places} tokens only ({folder}). "
            f"{advice}"
        )


def positions(config: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> int | None:
    """How many tokens a base has learned positions for; None where positions are relative or rotated.

    config: its config.json; shapes: of its tensors.
    """
    if config.get("position_biased_input") is False:  # DeBERTa: a table may be there, and is not read
        return None
    rows = [shape[0] for name, shape in shapes.items() if _POSITIONS.search(name) and len(shape) == 2]
    if not rows:
        return None
    known = next(
        (config[key] for key in ("max_position_embeddings", "n_positions") if _is_count(config.get(key))), None
    )
    padding = _padding(config)
    after_padding = min(rows) - padding - 1 if padding is not None else min(rows)
    return min(after_padding, known) if known else after_padding  # BART and OPT have two rows more than positions


def words(shapes: Mapping[str, Sequence[int]]) -> int | None:
    """How many tokens a base has vectors for; None if its table has another name than those known."""
    rows = [shape[0] for name, shape in shapes.items() if _WORDS.search(name) and len(shape) == 2]
    return min(rows) if rows else None


def highest_token(tokenizer: Path) -> int | None:
    """The greatest number in a tokenizer.json; None if it cannot be told."""
    try:
        content = json.loads(tokenizer.read_bytes())
        vocabulary = content["model"]["vocab"]
        numbers = [int(each["id"]) for each in content.get("added_tokens") or []]
        numbers += vocabulary.values() if isinstance(vocabulary, dict) else [len(vocabulary) - 1]
        return max(map(int, numbers), default=None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # whoever loads it says what is wrong


def _check_words(folder: Path, shapes: Mapping[str, Sequence[int]]) -> None:
    rows, highest = words(shapes), highest_token(folder / "tokenizer.json")
    if rows is not None and highest is not None and highest >= rows:
        raise SetupError(
            f"{folder}: tokenizer.json goes up to token {highest}, but the base has vectors for {rows} tokens only "
            f"(0 to {rows - 1}). Put the tokenizer there that belongs to the base, or save the base anew after "
            f"model.resize_token_embeddings({highest + 1}) and set base.sha256."
        )


def _check_padding(folder: Path, config: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> None:
    padding, rows = config.get("pad_token_id", 1), words(shapes)
    kind = config.get("model_type")
    if padding is None and kind in COUNTED_FROM_PADDING - _OWN_PADDING.keys():
        why = f"pad_token_id is null, and {kind} counts positions from it"
    elif _is_count(padding) and rows is not None and padding >= rows:
        why = f"pad_token_id is {padding}, and the base has vectors for {rows} tokens only"
    else:
        return
    raise SetupError(f"{folder / CONFIG}: {why}. Set it to the number of the tokenizer's padding token (often 0 or 1).")


def _padding(config: Mapping[str, Any]) -> int | None:
    """The number that positions are counted from; None where they begin with 0."""
    kind = str(config.get("model_type"))
    if kind not in COUNTED_FROM_PADDING:
        return None
    return _OWN_PADDING.get(kind, config.get("pad_token_id", 1))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
