from typing import Any

import pytest

from tasks.trace.contents import Contents
from tasks.trace.learned import Holdings, Touch, judge
from tasks.trace.likeness import has_text, same_text
from tasks.trace.versions import read_versions, traced_models
from tests.unit.trace.rows import NAME, TEXTS, an_id


@pytest.mark.parametrize(
    ("training", "validation", "testing", "how"),
    [
        (True, False, False, "learned"),
        (True, None, None, "learned"),
        (False, True, False, "chosen by"),
        (None, True, False, "chosen by"),
        (None, False, False, "unknown"),
        (False, None, True, "unknown"),
        (False, False, True, "measured on"),
        (False, False, None, "untouched"),
        (False, False, False, "untouched"),
    ],
)
def test_what_is_unknown_is_never_told_as_untouched(
    training: bool | None, validation: bool | None, testing: bool | None, how: str
) -> None:
    assert judge({"training": training, "validation": validation, "testing": testing}) == how


def touch_of(traced: Any, *ids: str) -> Touch:
    (version,) = read_versions(traced.store, NAME)
    return Holdings(Contents(traced.paths), list(ids)).touch(version)


def test_a_version_learned_from_its_train_rows_was_chosen_by_val_and_measured_on_test(traced: Any) -> None:
    traced.register()
    hows = [touch_of(traced, an_id(TEXTS[side][0][0])).how for side in ("train", "val", "test")]
    assert hows == ["learned", "chosen by", "measured on"]
    assert touch_of(traced, "f" * 24).how == "untouched"


def test_rows_of_older_data_are_found_in_the_cache(traced: Any) -> None:
    traced.register()
    traced.change_rows({**TEXTS, "train": TEXTS["train"][1:]})
    assert touch_of(traced, an_id("where is my box")).how == "learned"


def test_what_was_made_of_a_row_counts_as_the_row(traced: Any) -> None:
    traced.register()
    version = read_versions(traced.store, NAME)[0]
    holdings = Holdings(Contents(traced.paths), [an_id("where is my box")])
    assert holdings.touch(version).how == "learned"
    assert len(holdings.found) == 2


@pytest.mark.parametrize(("pair", "how"), [(None, "learned"), ("another text", "untouched")])
def test_the_same_text_is_the_same_row_only_with_the_same_second_text(traced: Any, pair: str | None, how: str) -> None:
    traced.register()
    version = read_versions(traced.store, NAME)[0]
    assert (
        Holdings(Contents(traced.paths), ["f" * 24], same_text("take me off the list", pair)).touch(version).how == how
    )


def test_rows_are_found_by_their_text_where_no_id_is_known(traced: Any) -> None:
    traced.register()
    version = read_versions(traced.store, NAME)[0]
    assert Holdings(Contents(traced.paths), [], has_text("take me off the list")).touch(version).how == "learned"


def test_a_version_whose_rows_are_gone_cannot_be_told_and_the_file_is_named(traced: Any) -> None:
    traced.register()
    traced.forget(traced.paths.augmented)
    touch = touch_of(traced, an_id("where is my box"))
    assert touch.how == "unknown"
    assert "data/augmented/train.parquet" in touch.words and "dvc fetch" in touch.words


def test_a_version_without_a_statement_cannot_be_told(traced: Any) -> None:
    traced.register()
    traced.store.client.delete_model_version_tag(NAME, "1", "finetrace.statement")
    assert touch_of(traced, "f" * 24).how == "unknown"


def test_models_of_others_on_the_same_server_are_not_asked(traced: Any) -> None:
    traced.register()
    traced.store.client.create_registered_model("somebody-elses")
    assert traced_models(traced.store, NAME) == [NAME]
