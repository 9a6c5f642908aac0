"""A verdict is given again only where everything that it depends on is the same."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tasks.register.champion import ChampionVersion
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.register.settled import question

REGISTER = RegisterSettings(name="tiny")
CHAMPION = ChampionVersion(1, "a" * 64, "b" * 64)


def ask(**other: Any) -> str:
    given: dict[str, Any] = {
        "content": "c",
        "results": {"metrics": {"accuracy": {"value": 0.9}}},
        "register": REGISTER,
        "champion": CHAMPION,
        "tracking": "sqlite:///a",
        "registry": "sqlite:///a",
    } | other
    candidate: Any = SimpleNamespace(content=given["content"], evaluation=SimpleNamespace(results=given["results"]))
    store: Any = SimpleNamespace(tracking_uri=given["tracking"], registry_uri=given["registry"])
    return question(candidate, given["register"], given["champion"], store)


def test_whatever_changes_makes_it_another_question() -> None:
    asked = [
        ask(),
        ask(content="d"),
        ask(results={"metrics": {"accuracy": {"value": 0.8}}}),
        ask(register=replace(REGISTER, name="other")),
        ask(register=replace(REGISTER, gate=GateSettings(min_accuracy=0.1))),
        ask(register=replace(REGISTER, confidence=0.9)),
        ask(champion=None),
        ask(champion=replace(CHAMPION, version=2)),
        ask(champion=replace(CHAMPION, model_digest="c" * 64)),
        ask(tracking="sqlite:///b"),
        ask(registry="sqlite:///b"),
    ]
    assert len(set(asked)) == len(asked)
    assert ask() == asked[0]
