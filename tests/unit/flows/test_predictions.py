"""Texts in, labels out, whatever the texts hold."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from flows.verbs.predictions import predict
from tasks.inputs import INPUTS
from tasks.targets import LabelTarget

Command = Callable[..., int]


class Fake:
    """Says "long" for texts of more than three characters."""

    labels = ("short", "long")
    input = INPUTS["text"]
    target = LabelTarget()

    def answers(self, outputs: np.ndarray) -> list[str]:
        return self.target.answers(outputs, self.labels)

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[0.25, 0.75] if len(text) > 3 else [0.9, 0.1] for text in texts], dtype=np.float32)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.verbs.predictions._open_model", lambda paths, address: Fake())


def test_each_text_gets_its_most_probable_label() -> None:
    assert predict(Fake(), ["ab", "abcd"]) == [
        {"text": "ab", "label": "short", "probability": 0.9},
        {"text": "abcd", "label": "long", "probability": 0.75},
    ]


def test_json_is_all_that_stdout_holds(fake: None, finetrace: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("predict", "hello", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["label"] == "long"


def test_lines_of_a_file_are_texts(
    fake: None, finetrace: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts.txt").write_text("hello\n\nNA\n", encoding="utf-8")
    assert finetrace("predict", "--file", str(tmp_path / "texts.txt"), "--json") == 0
    assert [each["text"] for each in json.loads(capsys.readouterr().out)] == ["hello", "NA"]


def test_file_in_another_encoding_is_bad_data(
    fake: None, finetrace: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts.txt").write_bytes(b"caf\xe9\n")
    assert finetrace("predict", "--file", str(tmp_path / "texts.txt")) == 4
    assert "byte 3" in capsys.readouterr().err


def test_escape_codes_and_markup_in_a_text_do_not_reach_the_terminal(
    fake: None, finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("predict", "\x1b[31mred [bold]x[/bold]") == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[bold]x[/bold]" in shown


@pytest.mark.parametrize("address", ["models:/", "models:/a/b", "../x", "models:/a@b;c", "file:///etc/passwd"])
def test_address_of_another_form_is_refused(
    finetrace: Command, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("predict", "hello", "--model", address) == 2
    assert "models:/NAME@ALIAS" in capsys.readouterr().err
