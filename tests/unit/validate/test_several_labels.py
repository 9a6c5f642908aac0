"""Several labels in one field are recognised by how their parts combine, and what to set is told."""

import itertools
import random
from collections import Counter

import pytest

from tasks.errors import DataError
from tasks.validate.several_labels import find_several, guess_target, refuse_several


def combined(separator: str, parts: list[str], rows: int = 300, most: int = 3) -> list[str]:
    """Labels drawn from `parts`, one to `most` a row, in the parts' order."""
    chance = random.Random(0)  # noqa: S311 - test data
    drawn = [chance.sample(range(len(parts)), chance.randint(1, most)) for _ in range(rows)]
    return [separator.join(parts[place] for place in sorted(each)) for each in drawn]


@pytest.mark.parametrize(
    ("separator", "parts"),
    [
        (",", [str(number) for number in range(28)]),
        ("#", ["AddToPlaylist", "BookRestaurant", "PlayMusic", "GetWeather", "SearchScreeningEvent"]),
        (";", ["joy", "anger", "fear"]),
        ("|", ["joy", "anger", "fear"]),
        (", ", ["sci fi", "drama", "comedy", "crime"]),
    ],
)
def test_the_separator_is_found_with_how_few_labels_it_leaves(separator: str, parts: list[str]) -> None:
    column = combined(separator, parts)
    found = find_several(Counter(column))
    assert found is not None
    assert (found.separator, found.labels) == (separator.strip(), len(parts))
    assert found.rows == sum(separator in each for each in column)
    assert found.fields == len({*column})


ONE_EACH = {
    "two levels": [f"{one}/{other}" for one in ("card", "loan", "account") for other in ("open", "close", "lost")],
    "names with commas": ["Paris, France", "Lyon, France", "Rome, Italy", "Oslo, Norway", "Bergen, Norway"],
    "single words": ["refund", "delivery", "card_arrival"],
    "questions": [f"is it number {number}, or not, {number * 7}?" for number in range(200)],
    "one slash": ["refund", "return/exchange", "delivery", "other"],
    "numbers": [f"{number},5" for number in range(50)],
    "C++": ["C", "C++", "C#", "F#", "Java"],
    "nothing": [],
}


@pytest.mark.parametrize("name", ONE_EACH)
def test_labels_that_are_one_each_are_left_alone(name: str) -> None:
    column = [label for label in ONE_EACH[name] for _ in range(20)]
    assert find_several(Counter(column)) is None


def test_what_to_set_is_told_with_the_lines(table) -> None:
    column = combined(",", ["6", "9", "27", "3"], rows=60)
    rows = table(*[(f"text {number}", label) for number, label in enumerate(column)])
    line = 2 + next(place for place, label in enumerate(column) if "," in label)
    with pytest.raises(DataError) as caught:
        refuse_several(rows)
    message = str(caught.value)
    assert message.startswith(
        f"{sum(',' in each for each in column)} of 60 rows seem to have several labels in one field, with ',' between "
        f"(line {line}: '{column[line - 2]}'): split there they are 4 labels, not {len({*column})}."
    )
    assert 'problem: {target: {kind: labels, separator: ","}}' in message
    assert "validate.labels" in message
    assert "\n" not in message


def test_lists_and_tags_are_told_with_their_own_targets(table) -> None:
    lists = [("a", '["x","y"]'), ("b", '["x"]'), ("c", "[]")] * 10
    with pytest.raises(DataError, match=r"lists.*problem: \{target: \{kind: labels\}\}.*kind: tags"):
        refuse_several(table(*lists))
    tags = [("Paul sings", "B-person O"), ("in Oslo", "O B-place"), ("ho", "O")] * 10
    with pytest.raises(DataError, match=r"a tag for each word.*problem: \{target: \{kind: tags\}\}"):
        refuse_several(table(*tags))
    spans = [("a", '[{"start":0,"end":1,"label":"x"}]'), ("b", "[]")] * 10
    with pytest.raises(DataError, match=r"spans.*problem: \{target: \{kind: tags\}\}"):
        refuse_several(table(*spans))


def test_only_rows_to_learn_from_are_looked_at(table) -> None:
    few = [(f"text {number}", "x") for number in range(30)]
    refuse_several(table(*few, test=[("t", label) for label in combined(",", ["a", "b", "c"])]))


def test_a_column_of_long_texts_costs_little() -> None:
    texts = [", ".join(map(str, row)) for row in itertools.permutations(range(8), 5)]
    assert find_several(Counter(texts)) is not None


@pytest.mark.parametrize(
    ("texts", "labels", "expected"),
    [
        (["a", "b"], ["x", "y"], None),
        (["a b", "c"], ["O B-x", "O"], {"kind": "tags"}),
        (["a b", "c"], ['["O","B-x"]', '["O"]'], {"kind": "tags"}),
        (["a b", "c"], ['[{"start":0,"end":1,"label":"x"}]', "[]"], {"kind": "tags"}),
        (["a b", "c"], ['["x"]', '["x","y"]'], {"kind": "labels"}),
        (["t"] * 5, ["x,y", "x", "y,z", "x,z", "z"], {"kind": "labels", "separator": ","}),
    ],
)
def test_another_target_than_one_label_is_guessed(
    texts: list[str], labels: list[str], expected: dict[str, str] | None
) -> None:
    assert guess_target(texts, labels) == expected
