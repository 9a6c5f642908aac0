"""A tokenizer is the base's own, or none."""

import shutil
from pathlib import Path

import pytest

from tasks.errors import IntegrityError, SetupError
from tasks.model.settings import BaseSettings
from tasks.model.tokenizer import TOKENIZER, load_tokenizer, token_ids


@pytest.fixture
def folder(tiny_base: BaseSettings, tmp_path: Path) -> Path:
    """A copy of the base."""
    return Path(shutil.copytree(str(tiny_base.folder), tmp_path / "base"))


@pytest.mark.parametrize("content", ["", "{", '{"model": 7}', "[]"])
def test_a_broken_tokenizer_is_refused_by_name(folder: Path, content: str) -> None:
    (folder / TOKENIZER).write_text(content)
    with pytest.raises(IntegrityError, match=r"tokenizer\.json is broken"):
        load_tokenizer(folder, 16)


def test_a_base_without_a_vocabulary_is_refused_and_not_read_as_unknown_words(folder: Path) -> None:
    (folder / TOKENIZER).unlink()
    with pytest.raises(SetupError, match="its vocabulary is missing"):
        load_tokenizer(folder, 16)


def test_a_base_without_tokenizer_json_is_converted(folder: Path) -> None:
    (folder / TOKENIZER).unlink()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nparcel\n")
    assert load_tokenizer(folder, 16).encode("parcel moon").tokens == ["[CLS]", "parcel", "[UNK]", "[SEP]"]


def test_what_transformers_trips_over_is_told_in_a_line(folder: Path) -> None:
    (folder / TOKENIZER).unlink()
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": 7}')
    with pytest.raises(SetupError, match=r"has no tokenizer\.json and transformers cannot make one"):
        load_tokenizer(folder, 16)


def test_a_text_is_cut_from_one_token_more_than_are_read(tiny_base: BaseSettings) -> None:
    tokenizer = load_tokenizer(Path(str(tiny_base.folder)), 8)  # [CLS] and [SEP] are two of them
    ids = token_ids(tokenizer, ["help " * 5, "help " * 6, "help " * 7, "help " * 70])
    assert [len(each) for each in ids] == [7, 8, 8, 8]
    assert ids.is_cut == [False, False, True, True]
    assert ids[1:3].is_cut == [False, True]


def test_a_pair_is_cut_if_one_of_its_texts_is(tiny_base: BaseSettings) -> None:
    tokenizer = load_tokenizer(Path(str(tiny_base.folder)), 8)
    ids = token_ids(tokenizer, [("help " * 4, "late"), ("help " * 5, "late")])
    assert ids.is_cut == [False, True]
