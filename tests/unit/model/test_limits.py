"""A base's own limits: positions, words, a padding token. The tables' true sizes are found by running the base."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import AddedToken, Tokenizer

from tasks.digest import sha256_of_file
from tasks.errors import IntegrityError, SettingsError, SetupError
from tasks.files import read_json, write_json
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.model.encoder import load_encoder
from tasks.model.features import compute_features, text_features
from tasks.model.limits import check_before_run, highest_token, open_base, positions
from tasks.model.settings import BaseSettings
from tasks.model.weights import tensor_shapes
from tasks.paths import Paths

WITH_TABLE = {"bert": 64, "roberta": 65, "distilbert": 64, "mpnet": 64, "electra": 64, "gpt2": 64}
WITHOUT_TABLE = ("modernbert", "deberta-v3", "llama")


@pytest.fixture
def copied(tiny_bases: Callable[[str], BaseSettings], tmp_path: Path) -> Callable[[str], BaseSettings]:
    """A base of a kind, in a folder that may be changed."""

    def copy(kind: str) -> BaseSettings:
        shutil.copytree(str(tiny_bases(kind).folder), tmp_path / kind)
        return replace(tiny_bases(kind), folder=kind)

    return copy


def _reads(folder: str, tokens: int) -> bool:
    encoder = load_encoder(Path(folder), "eager").eval()
    try:
        encoder(input_ids=torch.full((1, tokens), 5), attention_mask=torch.ones(1, tokens, dtype=torch.long))
    except (IndexError, RuntimeError):
        return False
    return True


@pytest.mark.parametrize("kind", WITH_TABLE)
def test_positions_are_as_many_as_the_base_can_read(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    folder = str(tiny_bases(kind).folder)
    found = positions(read_json(Path(folder) / "config.json"), tensor_shapes(Path(folder)))
    assert found == WITH_TABLE[kind]
    assert _reads(folder, found)
    assert not _reads(folder, found + 1)


@pytest.mark.parametrize("kind", WITHOUT_TABLE)
def test_relative_and_rotated_positions_have_no_end(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    folder = Path(str(tiny_bases(kind).folder))
    assert positions(read_json(folder / "config.json"), tensor_shapes(folder)) is None
    assert open_base(replace(tiny_bases(kind), max_tokens=8192), folder) == folder


@pytest.mark.parametrize("kind", WITH_TABLE)
def test_fewer_positions_than_max_tokens_are_refused_and_the_advice_works(
    kind: str, tiny_bases: Callable[[str], BaseSettings], tmp_path: Path
) -> None:
    base = replace(tiny_bases(kind), max_tokens=128)
    long_text = ["please cancel my late box " * 60]
    with pytest.raises(
        SettingsError, match=rf"base\.max_tokens: 128.*Set base.max_tokens to {WITH_TABLE[kind]}"
    ) as told:
        text_features(long_text, base, Paths(tmp_path))
    assert "\n" not in str(told.value)
    features = text_features(long_text, replace(base, max_tokens=WITH_TABLE[kind]), Paths(tmp_path))
    assert features.shape[0] == 1


def test_a_table_of_two_rows_more_than_positions_as_of_opt_and_bart() -> None:
    shapes = {"decoder.embed_positions.weight": (2050, 8), "decoder.embed_tokens.weight": (99, 8)}
    assert positions({"model_type": "opt", "max_position_embeddings": 2048}, shapes) == 2048


def test_too_few_positions_for_any_text_are_no_advice_to_lower_max_tokens(
    copied: Callable[[str], BaseSettings], tmp_path: Path
) -> None:
    base = copied("roberta")
    config = tmp_path / "roberta" / "config.json"
    write_json(config, read_json(config) | {"pad_token_id": 60})
    with pytest.raises(SettingsError, match=r"positions for 5 tokens only.*\. Take another base\.$"):
        open_base(base, tmp_path)


def test_a_plan_of_a_base_with_too_few_positions_is_refused(learnable: Paths, tiny_base: BaseSettings) -> None:
    with pytest.raises(SettingsError, match=r"base\.max_tokens: 65"):
        make_plan(learnable, FinetuneSettings(), replace(tiny_base, max_tokens=65))


def test_a_tokenizer_with_more_words_than_the_base_is_refused_and_the_advice_works(
    copied: Callable[[str], BaseSettings], tmp_path: Path
) -> None:
    from transformers import AutoModel

    base = copied("bert")
    folder = tmp_path / "bert"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens([AddedToken(f"word{number}") for number in range(50)])
    tokenizer.save(str(folder / "tokenizer.json"))
    assert highest_token(folder / "tokenizer.json") == tokenizer.get_vocab_size() - 1 == 73
    with pytest.raises(SetupError, match=r"goes up to token 73.*64 tokens only.*resize_token_embeddings\(74\)"):
        text_features(["word49"], base, Paths(tmp_path))

    model = AutoModel.from_pretrained(folder)
    model.resize_token_embeddings(74)
    model.save_pretrained(folder)
    mended = replace(base, sha256=sha256_of_file(folder / "model.safetensors"))
    assert text_features(["word49"], mended, Paths(tmp_path)).shape == (1, 32)


@pytest.mark.parametrize("padding", [None, 64])
def test_a_padding_token_that_is_missing_is_told(
    padding: int | None, copied: Callable[[str], BaseSettings], tmp_path: Path
) -> None:
    base = copied("roberta")
    config = tmp_path / "roberta" / "config.json"
    write_json(config, read_json(config) | {"pad_token_id": padding})
    with pytest.raises(SetupError, match=r"config\.json: pad_token_id is"):
        text_features(["help"], base, Paths(tmp_path))
    write_json(config, read_json(config) | {"pad_token_id": 0})
    assert text_features(["help"], base, Paths(tmp_path)).shape == (1, 32)


def test_a_vocabulary_in_a_list_is_counted_too(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps({"model": {"vocab": [["a", 0.0], ["b", -1.0]]}, "added_tokens": [{"id": 7}]}))
    assert highest_token(file) == 7


def test_a_table_of_another_name_is_told_in_one_line_when_it_is_read(
    tiny_bases: Callable[[str], BaseSettings],
) -> None:
    folder = Path(str(tiny_bases("gpt2").folder))
    with pytest.raises(SetupError, match="GPT2Model has no vector for a token or a position"):
        compute_features(["help " * 90], folder, 90, torch.device("cpu"), torch.float32)


def test_before_a_run_nothing_is_hashed(copied: Callable[[str], BaseSettings], tmp_path: Path) -> None:
    base = replace(copied("bert"), sha256="0" * 64)
    check_before_run(base, tmp_path)
    with pytest.raises(SettingsError, match=r"base\.max_tokens"):
        check_before_run(replace(base, max_tokens=80), tmp_path)
    with pytest.raises(IntegrityError):
        open_base(base, tmp_path)


def test_before_a_run_a_base_on_the_hub_is_not_fetched(tiny_base: BaseSettings, tmp_path: Path) -> None:
    check_before_run(replace(tiny_base, folder=None), tmp_path)
