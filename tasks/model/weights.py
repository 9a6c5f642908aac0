"""A base's weights on disk: model.safetensors, or several files that an index names. Loads no torch."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_file, sha256_of_text
from tasks.errors import IntegrityError
from tasks.files import read_json

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors")
_LONGEST_HEADER = 100_000_000
"""Bytes; safetensors itself reads no longer one."""


def weight_files(folder: Path) -> list[str]:
    """The names of the files that hold a base's weights, sorted, the index among them; [] if there are none.

    One model.safetensors, where it is there, as transformers takes it; else the index and every file that it names.
    Raises IntegrityError if the index is broken, names a file outside the folder, or one that is missing.
    """
    if (folder / WEIGHTS).is_file():
        return [WEIGHTS]
    if not (folder / INDEX).is_file():
        return []
    shards = sorted(set(read_index(folder / INDEX).values()))
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing:
        raise IntegrityError(
            f"{folder}: {INDEX} names {len(shards)} files, and {', '.join(missing[:3])} is not there: the base is "
            "incomplete. Fetch it again."
        )
    return sorted([INDEX, *shards])


def read_index(file: Path) -> dict[str, str]:
    """Tensor → the name of the file that holds it. Raises IntegrityError unless each is a plain name, and no path."""
    content = read_json(file)
    found = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(found, dict) or not found or not all(isinstance(name, str) for name in found.values()):
        raise IntegrityError(f"{file} is broken (it holds no weight_map). Fetch the base again.")
    odd = sorted(name for name in set(found.values()) if not _SHARD.fullmatch(name) or name == WEIGHTS)
    if odd:
        raise IntegrityError(
            f"{file} names {odd[0]!r}, which is no safetensors file beside it. Nothing outside the base's folder is "
            "read; fetch the base again."
        )
    return found


def weights_digest(sha256: Mapping[str, str]) -> str:
    """The digest that base.sha256 names, from the sha256 of each file of `weight_files`.

    Of one file its own sha256; of several the sha256 of what `sha256sum` prints for them, in the order of their names.
    """
    if list(sha256) == [WEIGHTS]:
        return sha256[WEIGHTS]
    return sha256_of_text("".join(f"{sha256[name]}  {name}\n" for name in sorted(sha256)))


def digest_of_weights(folder: Path) -> str:
    """The digest that base.sha256 names, of the base in `folder`. Raises IntegrityError if it holds no weights."""
    names = weight_files(folder)
    if not names:
        raise IntegrityError(f"{folder} holds neither {WEIGHTS} nor {INDEX}. Fetch the base again.")
    return weights_digest({name: sha256_of_file(folder / name) for name in names})


def tensor_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Each tensor's name and shape, from the headers alone.

    Raises IntegrityError if a file is no safetensors file or is cut off, or lacks a tensor that the index says it has.
    """
    names = [name for name in weight_files(folder) if name != INDEX]
    of_file = {name: read_header(folder / name) for name in names}
    if names and names != [WEIGHTS]:
        for tensor, name in read_index(folder / INDEX).items():
            if tensor not in of_file[name]:
                raise IntegrityError(
                    f"{folder}: {INDEX} names {tensor} in {name}, which lacks it. Fetch the base again."
                )
    return {tensor: tuple(about["shape"]) for name in names for tensor, about in of_file[name].items()}


def read_header(file: Path) -> dict[str, Any]:
    """What a safetensors file says of each tensor: {name: {dtype, shape, data_offsets}}.

    https://github.com/huggingface/safetensors#format. Raises IntegrityError if it is none, or its end is missing.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = _parsed(opened.read(length)) if 2 <= length <= _LONGEST_HEADER else None
    if header is None:
        raise IntegrityError(f"{file} is no safetensors file, whatever its name. Fetch the base again.")
    size, due = file.stat().st_size, 8 + length + max((each["data_offsets"][1] for each in header.values()), default=0)
    if size != due:
        raise IntegrityError(f"{file} has {size:,} bytes, and its header tells of {due:,}. Fetch the base again.")
    return header


def _parsed(header: bytes) -> dict[str, Any] | None:
    """The tensors of a header; None if it is none."""
    try:
        found = json.loads(header)
        found.pop("__metadata__", None)
        sound = all(
            all(isinstance(size, int) for size in [*each["shape"], *each["data_offsets"]])
            and len(each["data_offsets"]) == 2
            and isinstance(each["dtype"], str)
            for each in found.values()
        )
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None
    return found if sound else None
