"""`finetrace data add` shows what it found, and asks before it takes a guess."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config import load_config
from tasks.paths import Paths
from tests.unit.flows.test_add_data import write_file

Command = Callable[..., int]
REVIEWS = "id,review,stars\n" + "".join(f"{n},the film number {n} was seen,{n % 3}\n" for n in range(30))


def test_columns_that_params_yaml_does_not_name_are_guessed_and_not_taken_unasked(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, before = write_file(elsewhere / "films.csv", REVIEWS), paths.params.read_text()
    assert finetrace("data", "add", str(source)) == 2
    printed = capsys.readouterr()
    assert "--text-column 'review' --label-column 'stars'" in printed.err and "--yes" in printed.err
    assert "review" in printed.out and "text (guessed)" in printed.out
    assert (tracked, paths.params.read_text(), (paths.data / "raw").exists()) == ([], before, False)
    assert finetrace("data", "add", str(source), "--text-column", "review", "--label-column", "stars") == 0
    assert finetrace("data", "add", str(source), "--yes", "--name", "again") == 0
    read = load_config(paths.params).ingest
    assert (read.path, read.text_column, read.label_column) == ("data/raw/again.csv", "review", "stars")


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 2)])
def test_a_person_at_a_terminal_is_asked(
    finetrace: Command,
    tracked: list[Path],
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,
    code: int,
) -> None:
    questions: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda question, **_: questions.append(question) or answer)
    assert finetrace("data", "add", str(write_file(elsewhere / "films.csv", REVIEWS))) == code
    assert questions == ["Guessed ingest.text_column: 'review'; ingest.label_column: 'stars'. Right?"]


def test_the_preview_shows_columns_rows_labels_and_what_will_be_set_aside(
    finetrace: Command, tracked: list[Path], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "30,,1\n31,the film number 1 was seen,1\n32,he\x92s good,2\n"
    source, test = write_file(elsewhere / "films.csv", REVIEWS + bad), write_file(elsewhere / "t.csv", REVIEWS)
    assert finetrace("data", "add", str(source), "--test", str(test), "--yes") == 0
    printed = capsys.readouterr().out
    for line in (
        "the film number 4 was seen",
        "Labels   3: 1 12, 2 11, 0 10",
        "Held out 30 rows: official test file",
        "Checks   3 rows will be set aside:",
        "1 text empty (line 32: write a text, or delete the row)",
        "1 duplicate (line 33: repeats line 3)",
        "1 windows 1252 read as latin 1 (line 34: if ingest.encoding is latin-1",
        "33 + 30 rows, tracked by DVC",
    ):
        assert line in printed
    assert "the film number 5 was seen" not in printed


def test_several_labels_in_one_field_are_a_guess_of_the_target(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = ["a", "b", "c", "a;b", "b;c", "a;c", "a;b;c"] * 10
    rows = "".join(f"message {n},{label}\n" for n, label in enumerate(labels))
    source = write_file(elsewhere / "many.csv", "message,label\n" + rows)
    assert finetrace("data", "add", str(source)) == 2
    assert "problem.target: {kind: 'labels', separator: ';'}" in capsys.readouterr().err
    assert finetrace("data", "add", str(source), "--yes") == 0
    target = load_config(paths.params).problem.target
    assert (target.kind, target.separator) == ("labels", ";")
    assert "Labels   3: a 40, b 40, c 40" in capsys.readouterr().out
