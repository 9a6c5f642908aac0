"""A saved model is whole, or refused."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file, save_file

from tasks.errors import GateError, IntegrityError, SettingsError
from tasks.files import read_json, write_json
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.device import cpu_threads
from tasks.model.files import load_model, save_model
from tasks.model.manifest import make_manifest, verify_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.base import Strategy
from tasks.model.strategies.partial import Partial
from tasks.settings import as_dict


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
    other = tmp_path / "other"
    shutil.copytree(str(tiny_base.folder), other)
    weights = other / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 4
    weights.write_bytes(content)
    with pytest.raises(IntegrityError, match="sha256"):
        load_model(saved, replace(tiny_base, folder=str(other)))


def test_settings_that_name_another_base_now_leave_a_model_on_its_own(
    saved: Path, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    other = replace(tiny_base, id="other/base", sha256="1" * 64, folder=str(tmp_path / "nowhere"))
    assert load_model(saved, other).digest == verify_model(saved)


def test_a_base_that_was_moved_is_found_where_the_settings_say(
    saved: Path, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(str(tiny_base.folder), moved)
    write_json(
        saved / "about.json", read_json(saved / "about.json") | {"base": as_dict(replace(tiny_base, folder="x"))}
    )
    _sign(saved)
    with pytest.raises(SettingsError, match="x is not a folder"):
        load_model(saved)
    assert load_model(saved, replace(tiny_base, folder=str(moved))).labels == ("a", "b")


@pytest.mark.parametrize(
    "strategy", [kind() for kind in get_args(get_args(AnyStrategy)[0])], ids=lambda strategy: strategy.kind
)
def test_what_can_be_merged_is_merged_in_a_loaded_model(strategy: Any, tiny_base: BaseSettings, tmp_path: Path) -> None:
    """So that predicting costs what the base costs; networks that make virtual tokens are gone, too."""
    folder, named = Path(str(tiny_base.folder)), {"base": tiny_base, "labels": ["a", "b"], "strategy": strategy}
    model = build_classifier(folder, strategy, 2, "sdpa")
    save_model(tmp_path / "model", learned_state(model), base_folder=folder, **named)  # type: ignore[arg-type]
    loaded: Any = load_model(tmp_path / "model")
    found = {name for name, _ in loaded._classifier.named_parameters()}
    own = {name for name, _ in build_classifier(folder, Strategy(), 2, "sdpa").named_parameters()}
    if strategy.learns_in == "added":
        assert found > own
        assert not any(".mlp_head." in name or ".transform." in name for name in found)
    else:
        assert found == own


def _sign(folder: Path) -> None:
    """As somebody would who may write there."""
    write_json(folder / "manifest.json", make_manifest(folder))


@pytest.mark.parametrize("content", ["[]", "[1, 2", '{"files": []}', "7", "null"])
def test_a_manifest_of_another_shape_is_refused_by_name(saved: Path, content: str) -> None:
    (saved / "manifest.json").write_text(content)
    with pytest.raises(IntegrityError, match=r"manifest\.json is broken"):
        load_model(saved)


@pytest.mark.parametrize(
    ("content", "where"),
    [("{}", "base"), ("[]", "all of it"), ('{"base": 7, "strategy": {"kind": "lorra"}, "labels": [1]}', "base")],
)
def test_an_about_that_says_something_else_is_refused_even_if_it_is_signed(
    saved: Path, content: str, where: str
) -> None:
    (saved / "about.json").write_text(content)
    _sign(saved)
    with pytest.raises(IntegrityError, match=rf"about\.json is broken \({where}"):
        load_model(saved)


@pytest.mark.parametrize("content", [b"cos\nsystem\n(S'touch canary'\ntR.", b"", b"\x08" + bytes(7) + b"{}      "])
def test_weights_that_are_no_safetensors_are_refused_even_if_they_are_signed(saved: Path, content: bytes) -> None:
    (saved / "weights.safetensors").write_bytes(content)
    _sign(saved)
    with pytest.raises(IntegrityError):
        load_model(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_that_diverged_is_not_saved_and_the_old_one_stays(
    saved: Path, tiny_base: BaseSettings, value: float
) -> None:
    before, base_folder = verify_model(saved), Path(str(tiny_base.folder))
    model = build_classifier(base_folder, Partial(layers=1), 2, "sdpa")
    state = {name: tensor.clone() for name, tensor in learned_state(model).items()}
    state["head.weight"][1, 3] = value
    with pytest.raises(GateError, match=r"head\.weight.*diverged"):
        save_model(saved, state, base=tiny_base, base_folder=base_folder, strategy=Partial(layers=1), labels=["a", "b"])
    assert verify_model(saved) == before


def test_a_model_predicts_with_the_threads_that_are_recorded_whatever_the_process_has(
    saved: Path,
) -> None:
    seen: list[int] = []
    model: Any = load_model(saved)
    model._classifier.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    with cpu_threads(3):
        model.predict(["hello there"])
        assert torch.get_num_threads() == 3
    assert seen == [1]  # as the tiny base has it


def test_a_model_that_overflows_answers_nothing(saved: Path) -> None:
    state = load_file(saved / "weights.safetensors")
    state["head.weight"].fill_(3e38)  # finite, but its logits are not
    save_file(state, saved / "weights.safetensors")
    _sign(saved)
    with pytest.raises(GateError, match="no numbers for 1 of 1 texts"):
        load_model(saved).predict(["hello there"])


def test_texts_longer_than_are_read_are_counted(saved: Path, tiny_base: BaseSettings) -> None:
    model = load_model(saved, tiny_base)
    assert tiny_base.max_tokens == 32  # [CLS] and [SEP] are two of them
    assert model.count_cut(["help " * 30, "help " * 31, "help " * 300]) == 2
