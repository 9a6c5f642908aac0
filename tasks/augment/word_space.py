"""The base model's input embeddings → which words lie near which."""

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.errors import DataError
from tasks.files import read_json
from tasks.model.weights import INDEX, read_header, weight_files

_EMBEDDINGS = ("word_embeddings.weight", "tok_embeddings.weight", "embed_tokens.weight", "wte.weight")
_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_AT_ONCE = 256  # words: their similarities to 30,000 others are 30 MB
_SHORTEST = 3  # letters: shorter tokens are mostly pieces

Floats = npt.NDArray[np.float32]


def nearest_words(folder: Path, words: list[str], *, count: int, min_cosine: float) -> dict[str, list[str]]:
    """For each of the words that the base's vocabulary holds whole, up to `count` others, nearest first.

    folder: holds the base's weights and tokenizer.json. Words with none as near as min_cosine (-1 to 1) are left out.
    """
    vocabulary = whole_words(folder / "tokenizer.json")
    vectors = read_embeddings(_file_with_embeddings(folder))[list(vocabulary.values())]
    names = list(vocabulary)
    places = {name: place for place, name in enumerate(names)}
    asked = [places[word] for word in words if word in places]
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    near: dict[str, list[str]] = {}
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        for place, cosines in zip(some, unit[some] @ unit.T, strict=True):
            cosines[place] = -2
            near[names[place]] = [names[other] for other in _best(cosines, count) if cosines[other] >= min_cosine]
    return {word: others for word, others in near.items() if others}


def _best(cosines: Floats, count: int) -> list[int]:
    """The places of the greatest, greatest first, equal ones by place."""
    kept = np.argpartition(cosines, -count)[-count:] if count < len(cosines) else np.arange(len(cosines))
    return sorted(kept.tolist(), key=lambda place: (-cosines[place], place))


def whole_words(tokenizer: Path) -> dict[str, int]:
    """The lower-case words that are one token at the start of a word, each with its number."""
    if not tokenizer.is_file():
        raise DataError(
            f"the base has no {tokenizer.name}, which nearest_words reads its words from. Use other methods."
        )
    model = read_json(tokenizer)["model"]
    pairs = model["vocab"].items() if isinstance(model["vocab"], dict) else _numbered(model["vocab"])
    tokens = {str(token): int(number) for token, number in pairs}
    start = next((mark for mark in ("Ġ", "▁") if any(token.startswith(mark) for token in tokens)), "")
    words = {token.removeprefix(start): number for token, number in tokens.items() if token.startswith(start)}
    return {
        word: number
        for word, number in words.items()
        if len(word) >= _SHORTEST and word.isalpha() and word.islower()  # a piece starts with ##, a special with [ or <
    }


def _numbered(vocabulary: list[Any]) -> list[tuple[str, int]]:
    """A Unigram vocabulary is a list of [token, score], numbered by place."""
    return [(token, number) for number, (token, _) in enumerate(vocabulary)]


def _file_with_embeddings(folder: Path) -> Path:
    """Of a base's files, the one that holds its input embeddings; the first, which lacks them, if none does."""
    files = [folder / name for name in weight_files(folder) if name != INDEX]
    return next((file for file in files if any(name.endswith(_EMBEDDINGS) for name in read_header(file))), files[0])


def read_embeddings(weights: Path) -> Floats:
    """(tokens, dimensions): the input embeddings in a safetensors file; nothing else of it is read.

    Read by hand (https://github.com/huggingface/safetensors#format), since its numpy reader knows no bfloat16.
    """
    with weights.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        name = next((name for name in header if name.endswith(_EMBEDDINGS)), None)
        if name is None or header[name]["dtype"] not in _TYPES:
            raise DataError(
                f"{weights.name} of the base has no word embeddings that nearest_words can read. Use others."
            )
        tensor = header[name]
        first, last = tensor["data_offsets"]
        numbers = np.frombuffer(content[start + first : start + last], _TYPES[tensor["dtype"]])
    if tensor["dtype"] == "BF16":  # the upper half of a float32
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers.reshape(tensor["shape"]).astype(np.float32)
