from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.trace.rows import NAME

VERBS = {
    "audit": ["audit"],
    "reproduce": ["reproduce"],
    "card": ["card"],
    "diff": ["diff", "1"],
}
FORMS = ["2", "challenger", "@challenger", f"models:/{NAME}/2", f"models:/{NAME}@challenger"]
ABSENT = ["7", "candidate", "@candidate", f"models:/{NAME}/7", f"models:/{NAME}@candidate"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_version_that_does_not_exist_is_a_usage_error_that_names_those_that_do(
    verb: str, traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    traced.register()
    traced.register()
    for asked in ABSENT:
        assert finetrace(*VERBS[verb], asked) == 2, asked
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert "2, 1" in told and "challenger (2), champion (1)" in told
    assert finetrace(*VERBS[verb], "models:/nothing/1") == 2
    assert f"There is {NAME}" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_every_form_of_a_version(
    verb: str, traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    traced.register()
    traced.register()
    codes = [finetrace(*VERBS[verb], form) for form in FORMS]
    told = capsys.readouterr()
    assert 2 not in codes, told.err
    assert len(set(codes)) == 1
