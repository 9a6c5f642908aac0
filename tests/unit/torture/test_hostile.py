"""Hostile files really do what they threaten where somebody loads them: else no case about them says anything."""

import pickle
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.torture.hostile import pickled, python_file, torch_file

LOADERS: dict[str, tuple[Callable[[Path], bytes], Callable[[Path], object]]] = {
    "a pickle": (pickled, lambda file: pickle.loads(file.read_bytes())),  # noqa: S301 - ours
    "a file of torch": (torch_file, lambda file: torch.load(file, weights_only=False)),
    "a module": (python_file, lambda file: runpy.run_path(str(file))),
}


@pytest.mark.parametrize("kind", LOADERS)
def test_canary_is_made_where_the_file_is_loaded_and_not_before(tmp_path: Path, kind: str) -> None:
    canary, file = tmp_path / "CANARY", tmp_path / "planted"
    content, load = LOADERS[kind]
    file.write_bytes(content(canary))
    assert not canary.exists()
    load(file)
    assert canary.exists()
