"""What a person's answer in Prefect's dialog is taken for."""

from typing import Any

import pytest
from prefect.exceptions import FlowPauseTimeout

from flows.approval import Approval, ask_person


class Person:
    """Answers one after the other; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, **asked: Any) -> Any:
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ask(person: Person, hours: float = 2.0) -> dict[str, str]:
    return ask_person("v2 shall become the champion", hours, pause=person)


def test_an_approval_needs_a_name() -> None:
    person = Person(
        Approval(decision="approve", approver="  "), Approval(decision="approve", approver="bob", reason="ok")
    )
    assert ask(person) == {"decision": "approve", "approver": "bob", "reason": "ok"}
    first, second = (each["wait_for_input"]._description for each in person.asked)
    assert first == "v2 shall become the champion"
    assert second.startswith("**Nobody was named")
    assert len({each["key"] for each in person.asked}) == 2  # else Prefect takes the second for the first


def test_a_form_sent_as_it_is_rejects() -> None:
    assert ask(Person(Approval()))["decision"] == "reject"


def test_silence_rejects() -> None:
    person = Person(FlowPauseTimeout())
    assert ask(person) == {"decision": "reject", "approver": "", "reason": "nobody answered within 2 h"}
    assert 7190 <= person.asked[0]["timeout"] <= 7200


def test_no_time_left_rejects_without_asking() -> None:
    assert ask(Person(), hours=1e-9)["decision"] == "reject"


def test_secrets_in_an_answer_are_masked() -> None:
    told = ask(Person(Approval(decision="approve", approver="bob", reason="token=abc123secret")))
    assert told["reason"] == "token=***"


@pytest.mark.parametrize("field", ["decision", "approver", "reason"])
def test_every_field_says_what_it_is_for(field: str) -> None:
    assert Approval.model_fields[field].description
