"""Texts and pairs that a person asks to have labelled, on the command line and in files."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from flows.verbs.asked import pair_up, read_asked
from tasks.errors import DataError, SettingsError
from tasks.inputs import INPUTS
from tasks.targets import LabelTarget
from tasks.texts import Text

Command = Callable[..., int]
PAIR = ("text", "pair")


class OfPairs:
    """Says "same" where both texts are."""

    labels = ("same", "other")
    input = INPUTS["pair"]
    target = LabelTarget()

    def answers(self, outputs: np.ndarray) -> list[str]:
        return self.target.answers(outputs, self.labels)

    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        self.input.check(texts)
        return np.array([[0.9, 0.1] if text[0] == text[1] else [0.2, 0.8] for text in texts], dtype=np.float32)


@pytest.fixture
def of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.verbs.predictions._open_model", lambda paths, address: OfPairs())


def test_each_text_gets_its_pair_and_a_missing_one_is_told() -> None:
    assert pair_up(["a", "b"], []) == ["a", "b"]
    assert pair_up(["a", "b"], ["c", "d"]) == [("a", "c"), ("b", "d")]
    with pytest.raises(SettingsError, match="--pair is given 1 times for 2 texts"):
        pair_up(["a", "b"], ["c"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.tsv", "a b\tc\n\nd\te f\r\n"),
        ("rows.jsonl", '{"text": "a b", "pair": "c", "more": 1}\n{"pair": "e f", "text": "d"}\n'),
    ],
)
def test_lines_of_a_file_are_pairs(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    assert read_asked(tmp_path / name, PAIR) == [("a b", "c"), ("d", "e f")]


def test_lines_of_a_file_are_texts_with_all_their_tabs(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("a\tb\nc\n")
    assert read_asked(tmp_path / "rows.txt", ("text",)) == ["a\tb", "c"]
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n')
    assert read_asked(tmp_path / "rows.jsonl", ("text",)) == ["a"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("rows.tsv", "only one"),
        ("rows.tsv", "a\tb\tc"),
        ("rows.tsv", "a\t "),
        ("rows.jsonl", '{"text": "a"}'),
        ("rows.jsonl", '{"text": "a", "pair": 3}'),
        ("rows.jsonl", "[1]"),
        ("rows.jsonl", "{"),
    ],
)
def test_a_line_of_another_shape_is_told_with_its_number(name: str, line: str, tmp_path: Path) -> None:
    good = "a\tb" if name.endswith("tsv") else '{"text": "a", "pair": "b"}'
    (tmp_path / name).write_text(f"{good}\n{line}\n")
    with pytest.raises(DataError, match=rf"{name}:2: the model needs .* in each line\. Mend the line\."):
        read_asked(tmp_path / name, PAIR)


def test_a_pair_is_labelled_and_both_texts_are_shown(
    of_pairs: None, finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("predict", "a", "--pair", "a") == 0
    assert capsys.readouterr().out == "same  0.900  a | a\n"
    assert finetrace("predict", "a", "b", "--pair", "a", "--pair", "c", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["text"], each["pair"], each["label"]) for each in found] == [("a", "a", "same"), ("b", "c", "other")]


def test_a_single_text_for_a_model_of_pairs_is_bad_data_in_a_line(
    of_pairs: None, finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("predict", "a") == 4
    assert "This model reads pairs of texts." in capsys.readouterr().err
