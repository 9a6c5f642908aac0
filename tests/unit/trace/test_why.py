from collections.abc import Callable
from typing import Any

import pytest

from tasks.digest import row_id
from tasks.paths import Paths
from tasks.table import SPLIT, write_rows
from tasks.trace.likeness import nearest, neighbours
from tasks.trace.row_places import explain
from tasks.trace.versions import read_versions
from tasks.trace.why import Answer, ask_why
from tests.unit.trace.rows import NAME, SPOILT, TEXTS, an_id


def ask(paths: Paths, asked: str, versions: list[Any] | None = None) -> Answer:
    return ask_why(paths, asked, raw="data/raw/rows.csv", similarity=0.8, versions=versions or [])


def test_a_train_row_has_its_line_its_side_its_fold_and_its_children(paths: Paths) -> None:
    (story,) = ask(paths, an_id("where is my box")).stories
    assert [(line["file"], line["line"], line["quarantined"]) for line in story.lines] == [
        ("data/raw/rows.csv", 2, False)
    ]
    assert (story.side, story.fold, story.label) == ("train", 1, "late")
    assert [child["text"] for child in story.children] == ["my where is box"]


def test_an_augmented_row_names_its_parent(paths: Paths) -> None:
    parent = ask(paths, an_id("where is my box")).stories[0]
    (story,) = ask(paths, parent.children[0]["row_id"]).stories
    assert story.parent == {"row_id": parent.row_id, "method": "word_swap", "line": 2}


def test_a_quarantined_row_names_the_expectation_that_it_failed(paths: Paths) -> None:
    (story,) = ask(paths, SPOILT[0]).stories
    (line,) = story.lines
    assert line["quarantined"] and line["advice"] == "give it a label"
    assert line["reasons"] == [
        {"reason": "label_missing", "expectation": "There is a label", "name": "expect_not_null"}
    ]
    assert (story.side, story.why_no_side) == (None, "quarantined")


@pytest.mark.parametrize(
    "reason", ["duplicate", "conflicting_labels", "likely_label_error", "label_form", "label_misspelt"]
)
def test_reasons_that_are_no_expectation_of_their_own_are_explained_too(reason: str) -> None:
    known = [{"reason": "label_unknown", "description": "The label is one of the known ones", "name": "in_set"}]
    assert explain([reason], known)[0]["expectation"]


def test_a_row_of_a_further_test_set_names_the_set(paths: Paths) -> None:
    row = {"row_id": an_id("end my subscription"), "side": "extra:shifted", "line": 2, "text": "t", "label": "x"}
    paths.test.unlink()
    write_rows(paths.extra_tests, [row | {"fold": 0}], SPLIT)
    (story,) = ask(paths, an_id("end my subscription")).stories
    assert story.side == "further test set 'shifted'"


def test_a_test_row_has_what_the_model_said_of_it(paths: Paths) -> None:
    (story,) = ask(paths, "end my subscription").stories
    assert story.prediction == {"predicted": "late", "probability": 0.75, "score": 0.0}


def test_text_is_found_exactly_then_without_case_and_space_then_by_likeness(paths: Paths) -> None:
    assert ask(paths, "where is my box").matched == "text"
    assert ask(paths, " Where  is MY box ").matched == "text but for case and space"
    answer = ask(paths, "where is your box")
    assert (answer.matched, answer.stories) == ("nothing", [])
    assert answer.nearest[0]["text"] == "where is my box" and len(answer.nearest) == 3
    assert answer.nearest[0]["similarity"] > answer.nearest[1]["similarity"]


def test_near_duplicates_are_those_at_least_as_alike_as_split_asks(paths: Paths) -> None:
    row = {"row_id": "x", "text": "where is my boxx", "pair": None}
    assert [each["text"] for each in neighbours(paths.ingested, row, 0.7)] == ["where is my box"]
    assert neighbours(paths.ingested, row, 0.99) == []
    assert neighbours(paths.ingested, row | {"row_id": an_id("where is my box")}, 0.7) == []


def test_separator_of_pairs_in_a_question_is_only_a_character(paths: Paths) -> None:
    assert nearest(paths.ingested, "where is\x1fmy box", 1)[0]["similarity"] == 1.0


def test_what_only_an_older_version_has_seen_is_told(traced: Any) -> None:
    traced.register()
    traced.change_rows({**TEXTS, "train": TEXTS["train"][1:]})
    versions = read_versions(traced.store, NAME)
    for asked in ("where is my box", an_id("where is my box")):
        answer = ask(traced.paths, asked, versions)
        assert answer.matched == "in versions only"
        assert [touch.how for touch in answer.elsewhere] == ["learned"]


def test_versions_that_learned_the_text_under_another_label_are_told_whether_the_workspace_has_it_or_not(
    traced: Any,
) -> None:
    other = [("where is my box", "cancel"), *TEXTS["train"][1:]]
    traced.register()
    traced.change_rows({**TEXTS, "train": other})
    traced.register()
    versions, told = read_versions(traced.store, NAME), f"as {an_id('where is my box')}, labelled late"
    (story,) = ask(traced.paths, row_id("where is my box", "cancel"), versions).stories
    assert [(each.how, each.why) for each in story.learned] == [("learned", told), ("learned", "")]
    traced.change_rows({**TEXTS, "train": TEXTS["train"][1:]})
    elsewhere = ask(traced.paths, row_id("where is my box", "cancel"), versions).elsewhere
    assert [(each.how, each.why) for each in elsewhere] == [("learned", told), ("learned", "")]


def test_command_tells_the_story_and_shows_no_markup_or_control_characters(
    traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "[red]stop\x1b[2J all of it"
    traced.change_rows({**TEXTS, "val": [(hostile, "cancel")]})
    traced.register()
    assert finetrace("why", hostile) == 0
    shown = capsys.readouterr().out
    assert "[red]stop" in shown and "\x1b" not in shown
    assert "wishes v1 (challenger, champion) was chosen by it" in shown


def test_command_says_what_comes_nearest_and_that_nothing_was_found(
    paths: Paths, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("why", "where is your box") == 4
    told = capsys.readouterr()
    assert "where is my box" in told.out and "no row of this workspace" in told.err
    assert not (paths.root / "mlflow.db").exists()
