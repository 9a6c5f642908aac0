"""A saved model is whole, or refused."""

from pathlib import Path

import pytest

from tasks.errors import IntegrityError
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.files import load_model, save_model
from tasks.model.manifest import verify_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.partial import Partial


@pytest.fixture
def saved(tiny_base: BaseSettings, tmp_path: Path) -> Path:
    base_folder = Path(str(tiny_base.folder))
    strategy = Partial(layers=1)
    model = build_classifier(base_folder, strategy, 2, "sdpa")
    folder = tmp_path / "model"
    save_model(
        folder, learned_state(model), base=tiny_base, base_folder=base_folder, strategy=strategy, labels=["a", "b"]
    )
    return folder


def test_the_same_weights_have_the_same_digest(saved: Path, tiny_base: BaseSettings, tmp_path: Path) -> None:
    model = build_classifier(Path(str(tiny_base.folder)), Partial(layers=1), 2, "sdpa")
    again = save_model(
        tmp_path / "again",
        learned_state(model),
        base=tiny_base,
        base_folder=Path(str(tiny_base.folder)),
        strategy=Partial(layers=1),
        labels=["a", "b"],
    )
    assert verify_model(saved) == again


@pytest.mark.parametrize("name", ["weights.safetensors", "about.json", "config.json", "tokenizer.json"])
def test_one_flipped_byte_in_any_file_is_refused_by_name(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(IntegrityError, match=name.replace(".", r"\.")):
        load_model(saved)


@pytest.mark.parametrize("name", ["evil.pkl", "evil.bin", "evil.pt", "evil.py", "evil.joblib", "evil.skops"])
def test_a_file_that_can_run_code_is_refused_before_anything_is_loaded(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    with pytest.raises(IntegrityError, match="holds only"):
        load_model(saved)


def test_an_added_harmless_file_is_refused_too(saved: Path) -> None:
    (saved / "notes.txt").write_text("hello")
    with pytest.raises(IntegrityError, match=r"notes\.txt"):
        verify_model(saved)


def test_a_link_out_of_the_model_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text("{}")
    (saved / "link.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(IntegrityError, match="link"):
        verify_model(saved)


def test_a_model_without_its_manifest_is_incomplete(saved: Path) -> None:
    (saved / "manifest.json").unlink()
    with pytest.raises(IntegrityError, match="incomplete"):
        load_model(saved)


def test_the_wrong_base_under_a_model_is_refused(saved: Path, tiny_base: BaseSettings, tmp_path: Path) -> None:
    import shutil
    from dataclasses import replace

    other = tmp_path / "other"
    shutil.copytree(str(tiny_base.folder), other)
    weights = other / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 4
    weights.write_bytes(content)
    with pytest.raises(IntegrityError, match="sha256"):
        load_model(saved, replace(tiny_base, folder=str(other)))
