"""A base in several files: found, named by one digest, loaded as the same base in one; what is broken is refused."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.errors import IntegrityError
from tasks.files import read_json, write_json
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.stage import run
from tasks.model.base import find_base
from tasks.model.features import text_features
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.lora import Lora
from tasks.model.weights import INDEX, WEIGHTS, digest_of_weights, tensor_shapes, weight_files
from tasks.paths import Paths
from tests.conftest import shard


@pytest.fixture
def sharded(tiny_base: BaseSettings, tmp_path: Path) -> BaseSettings:
    """The tiny base in several files, below tmp_path/base."""
    shutil.copytree(str(tiny_base.folder), tmp_path / "base")
    return replace(tiny_base, folder=str(tmp_path / "base"), sha256=shard(tmp_path / "base"))


def _folder(base: BaseSettings) -> Path:
    return Path(str(base.folder))


def test_it_is_found_with_every_file(sharded: BaseSettings, tmp_path: Path) -> None:
    assert find_base(sharded, tmp_path) == tmp_path / "base"
    names = weight_files(tmp_path / "base")
    assert names[-1] == INDEX
    assert len(names) > 3
    assert set(names[:-1]) == {path.name for path in (tmp_path / "base").glob("*.safetensors")}


def test_the_digest_is_that_of_what_sha256sum_prints(sharded: BaseSettings) -> None:
    command = f"LC_ALL=C sha256sum model-*.safetensors {INDEX} | sha256sum"  # as the README gives it
    printed = subprocess.run(["bash", "-c", command], cwd=_folder(sharded), capture_output=True, text=True, check=True)
    assert printed.stdout.split()[0] == sharded.sha256 == digest_of_weights(_folder(sharded))


def test_it_has_the_tensors_and_features_of_the_base_in_one_file(
    sharded: BaseSettings, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    assert tensor_shapes(_folder(sharded)) == tensor_shapes(_folder(tiny_base))
    texts = ["where is my box", "please cancel"]
    one, several = (text_features(texts, base, Paths(tmp_path / base.sha256)) for base in (tiny_base, sharded))
    assert np.array_equal(one, several)


def test_a_model_trained_on_it_is_the_one_trained_on_the_base_in_one_file(
    sharded: BaseSettings, tiny_base: BaseSettings, learnable: Paths
) -> None:
    settings = FinetuneSettings(strategy=Lora(rank=2), epochs=1)
    guesses = []
    for base in (tiny_base, sharded):
        run(learnable, finetune=settings, base=base)
        guesses.append(load_model(learnable.model, base, learnable.root).predict(["please cancel", "late"]))
    assert np.array_equal(*guesses)


@pytest.mark.parametrize("name", [INDEX, "model-00002"])
def test_one_changed_byte_in_any_of_the_files_is_refused(name: str, sharded: BaseSettings, tmp_path: Path) -> None:
    file = next(path for path in _folder(sharded).iterdir() if path.name.startswith(name))
    content = bytearray(file.read_bytes())
    content[-2] ^= 1 if file.name != INDEX else 0x2A  # a blank of the index turns into a line feed
    file.write_bytes(content)
    with pytest.raises(IntegrityError):
        find_base(sharded, tmp_path)


def test_another_digest_is_refused_and_the_message_tells_the_one_to_set(sharded: BaseSettings, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=rf"{INDEX} and the files it names have sha256 {sharded.sha256}"):
        find_base(replace(sharded, sha256="0" * 64), tmp_path)


def test_a_missing_file_is_told_by_name(sharded: BaseSettings, tmp_path: Path) -> None:
    gone = sorted(_folder(sharded).glob("*.safetensors"))[1]
    gone.unlink()
    with pytest.raises(IntegrityError, match=rf"names \d+ files, and {gone.name} is not there: the base is incomplete"):
        find_base(sharded, tmp_path)


def _cut(folder: Path) -> str:
    file = sorted(folder.glob("*.safetensors"))[1]
    file.write_bytes(file.read_bytes()[:-100])
    return rf"{file.name} has [\d,]+ bytes, and its header tells of [\d,]+"


def _outside(name: str) -> Callable[[Path], str]:
    def change(folder: Path) -> str:
        index = read_json(folder / INDEX)
        first = next(iter(index["weight_map"]))
        shutil.copy(folder / index["weight_map"][first], folder.parent / "elsewhere.safetensors")
        index["weight_map"][first] = name
        write_json(folder / INDEX, index)
        return "no safetensors file beside it. Nothing outside the base's folder is read"

    return change


def _missing_tensor(folder: Path) -> str:
    index = read_json(folder / INDEX)
    index["weight_map"]["no.such.weight"] = sorted(index["weight_map"].values())[0]
    write_json(folder / INDEX, index)
    return r"names no\.such\.weight in model-00001-of-\d+\.safetensors, which lacks it"


def _written(content: str) -> Callable[[Path], str]:
    def change(folder: Path) -> str:
        (folder / INDEX).write_text(content)
        return rf"{INDEX} is broken"

    return change


@pytest.mark.parametrize(
    "change",
    [
        _cut,
        _outside("../elsewhere.safetensors"),
        _outside("/etc/elsewhere.safetensors"),
        _outside("sub/elsewhere.safetensors"),
        _outside("elsewhere.bin"),
        _outside(WEIGHTS),
        _missing_tensor,
        _written("[]"),
        _written('{"weight_map": {}}'),
        _written('{"weight_map": {"a": 7}}'),
        _written("{"),
    ],
)
def test_what_is_broken_is_refused_in_one_line_though_its_digest_is_pinned(
    change: Callable[[Path], str], sharded: BaseSettings, tmp_path: Path
) -> None:
    words = change(_folder(sharded))
    try:
        pinned = replace(sharded, sha256=digest_of_weights(_folder(sharded)))
    except IntegrityError:
        pinned = sharded
    with pytest.raises(IntegrityError, match=words) as told:
        find_base(pinned, tmp_path)
    assert "\n" not in str(told.value)


def test_one_file_beside_an_index_is_taken_alone_as_transformers_does(
    sharded: BaseSettings, tiny_base: BaseSettings
) -> None:
    shutil.copy(_folder(tiny_base) / WEIGHTS, _folder(sharded))
    assert weight_files(_folder(sharded)) == [WEIGHTS]
    assert digest_of_weights(_folder(sharded)) == tiny_base.sha256
