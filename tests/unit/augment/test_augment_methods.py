import shutil
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from safetensors.numpy import load_file, save_file

from tasks.augment.methods import AnyMethod
from tasks.augment.methods.change import Change
from tasks.augment.methods.keyboard_typos import KEYS_AROUND
from tasks.augment.settings import AugmentSettings
from tasks.augment.word_space import nearest_words, read_embeddings, whole_words
from tasks.errors import DataError
from tasks.files import write_json

METHODS = get_args(get_args(AnyMethod)[0])
KINDS = [get_args(method.__annotations__["kind"])[0] for method in METHODS]
TEXT = "My new card was lost today and I want the money back"
ODD_TEXTS = ["", " ", "card", "!", "a", "7", "ß", "我的卡", "two\nlines", "same same", "🙂 🙂"]

# word → direction: card and debit are near, money and cash are near, all others are at right angles
VECTORS = {
    "card": (1, 0, 0, 0),
    "debit": (0.9, 0.1, 0, 0),
    "money": (0, 1, 0, 0),
    "cash": (0, 0.9, 0, 0.1),
    "today": (0, 0, 1, 0),
    "##rest": (0.95, 0.05, 0, 0),
    "[PAD]": (0, 0, 0, 1),
}


@pytest.fixture(scope="module")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base of seven tokens, four numbers each."""
    folder = tmp_path_factory.mktemp("base")
    vocabulary = {token: number for number, token in enumerate(VECTORS)}
    write_json(folder / "tokenizer.json", {"model": {"type": "WordPiece", "vocab": vocabulary}})
    vectors = np.array(list(VECTORS.values()), np.float32)
    other = np.zeros((3, 2), np.float32)
    save_file({"a.weight": other, "bert.word_embeddings.weight": vectors}, folder / "model.safetensors")
    return folder


def changer(kind: str, folder: Path, **given: Any) -> Change:
    method: Any = TypeAdapter(AnyMethod).validate_python({"kind": kind, **given})
    return method.changer([TEXT, *ODD_TEXTS], lambda: folder)


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_changes_a_text_and_the_same_draw_gives_the_same_change(kind: str, base_folder: Path) -> None:
    change = changer(kind, base_folder)
    made = [change(TEXT, Random(seed)) for seed in range(30)]  # noqa: S311
    assert TEXT not in made
    assert len(set(made)) > 1
    assert made == [changer(kind, base_folder)(TEXT, Random(seed)) for seed in range(30)]  # noqa: S311


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_no_method_leaves_an_empty_text_or_fails_on_an_odd_one(kind: str, text: str, base_folder: Path) -> None:
    change = changer(kind, base_folder)
    for seed in range(30):
        made = change(text, Random(seed))  # noqa: S311
        assert made.strip() or made == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_higher_rate_changes_more(kind: str, base_folder: Path) -> None:
    text = " ".join(["card money today one two three"] * 10)

    def kept(rate: float) -> int:
        made = changer(kind, base_folder, rate=rate)(text, Random(0)).split()  # noqa: S311
        return sum(old == new for old, new in zip(text.split(), made, strict=False))

    assert kept(0.4) < kept(0.01) < 60


def test_deletion_leaves_words_out_in_order(base_folder: Path) -> None:
    made = changer("word_deletion", base_folder, rate=0.3)("one two three four five", Random(1)).split()  # noqa: S311
    assert 0 < len(made) < 5
    assert made == [word for word in ["one", "two", "three", "four", "five"] if word in made]


def test_deletion_never_takes_the_last_word(base_folder: Path) -> None:
    change = changer("word_deletion", base_folder, rate=0.99)
    assert {change("one two", Random(seed)) for seed in range(20)} == {"one", "two"}  # noqa: S311


def test_swap_keeps_all_words(base_folder: Path) -> None:
    assert changer("word_swap", base_folder)("one two", Random(1)) == "two one"  # noqa: S311


def test_keys_around_are_those_on_a_keyboard() -> None:
    assert {letter: set(KEYS_AROUND[letter]) for letter in "gqpm"} == {
        "g": set("fhtyvb"),
        "q": set("wa"),
        "p": set("ol"),
        "m": set("njk"),
    }


def test_nearest_words_replaces_by_near_words_in_the_same_case(base_folder: Path) -> None:
    change = changer("nearest_words", base_folder, rate=0.99)
    assert change("My Card, MONEY! and debits", Random(0)) == "My Debit, CASH! and debits"  # noqa: S311


def test_words_too_far_away_are_not_taken(base_folder: Path) -> None:
    # cosine of card and debit: 0.9 / sqrt(0.82) = 0.9939
    words = ["card", "today"]
    assert nearest_words(base_folder, words, count=3, min_cosine=0.99) == {"card": ["debit"]}
    assert nearest_words(base_folder, words, count=3, min_cosine=0.995) == {}


def test_nearest_words_come_nearest_first_and_no_more_than_asked(base_folder: Path) -> None:
    # cosines with debit: card 0.9939, money 0.1 / sqrt(0.82) = 0.1104, cash 0.11 × 0.9939 = 0.1098, today 0
    near = nearest_words(base_folder, ["debit"], count=9, min_cosine=-1)
    assert near == {"debit": ["card", "money", "cash", "today"]}
    assert nearest_words(base_folder, ["debit"], count=2, min_cosine=-1) == {"debit": ["card", "money"]}


def test_nearest_words_finds_the_table_of_a_base_in_several_files(base_folder: Path, tmp_path: Path) -> None:
    shutil.copy(base_folder / "tokenizer.json", tmp_path)
    files = {"a.weight": "model-00001-of-00002.safetensors"}
    files["bert.word_embeddings.weight"] = "model-00002-of-00002.safetensors"
    for name, tensor in load_file(base_folder / "model.safetensors").items():
        save_file({name: tensor}, tmp_path / files[name])
    write_json(tmp_path / "model.safetensors.index.json", {"weight_map": files})
    assert nearest_words(tmp_path, ["debit"], count=2, min_cosine=-1) == {"debit": ["card", "money"]}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"type": "WordPiece", "vocab": {"card": 0, "##card": 1, "[PAD]": 2, "is": 3, "99999": 4}}, {"card": 0}),
        ({"type": "BPE", "vocab": {"card": 0, "Ġcard": 1, "ĠCard": 2, "Ġ": 3}}, {"card": 1}),
        ({"type": "Unigram", "vocab": [["<pad>", 0.0], ["▁card", -3.0], ["card", -4.0]]}, {"card": 1}),
    ],
)
def test_whole_words_are_found_in_each_kind_of_vocabulary(
    model: dict[str, Any], words: dict[str, int], tmp_path: Path
) -> None:
    write_json(tmp_path / "tokenizer.json", {"model": model})
    assert whole_words(tmp_path / "tokenizer.json") == words


def test_embeddings_kept_as_bfloat16_are_read(tmp_path: Path) -> None:
    # the upper halves of the IEEE 754 numbers 3FC00000, C0000000, 3E800000, 42C00000
    header = b'{"embed_tokens.weight":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}'
    numbers = bytes.fromhex("C03F 00C0 803E C042")
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + numbers)
    assert read_embeddings(tmp_path / "model.safetensors").tolist() == [[1.5, -2.0], [0.25, 96.0]]


def test_a_base_without_word_embeddings_is_told(tmp_path: Path) -> None:
    save_file({"a.weight": np.zeros((2, 2), np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="no word embeddings"):
        read_embeddings(tmp_path / "model.safetensors")


def test_a_base_without_tokenizer_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no tokenizer.json"):
        whole_words(tmp_path / "tokenizer.json")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"copies": 2}, "copies is 2, but no methods"),
        ({"balance": True}, "balance is on, but no methods"),
        ({"methods": [{"kind": "word_swap"}]}, "copies is 0 and balance is off"),
        ({"methods": [{"kind": "word_swop"}], "copies": 1}, "word_swap"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TypeAdapter(AugmentSettings).validate_python(given)
