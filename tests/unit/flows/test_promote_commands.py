"""promote, reject, rollback, delete and history as they are typed: exit codes and words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app
from flows.exit import run_app
from flows.notify import Event
from flows.verbs.status import _ledger
from tasks.lineage.ledger import ledger_name
from tests.desk import Desk


@pytest.fixture
def type_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Type a command in that workspace; its exit code."""
    monkeypatch.chdir(desk.paths.root)
    monkeypatch.setenv("FINETRACE_ROOT", str(desk.paths.root))
    monkeypatch.setenv("FINETRACE_BY", "ann")
    for name, value in (("FINETRACE_DEBUG", ""), ("COLUMNS", "200"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    return lambda *arguments: run_app(app, list(arguments))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Which events were told."""
    events: list[Event] = []
    for module in ("verbs.promote_command", "verbs.registry_commands"):
        monkeypatch.setattr(f"flows.{module}.notify", lambda settings, event, line, facts: events.append(event))
    return events


def test_a_day_of_promotions(type_in, desk, told, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("promote", "challenger", "--reason", "reads better", "--expect", "1") == 0
    said = capsys.readouterr().out
    assert "✓ loads" in said
    assert "v2 is the champion of tiny, v1 was it (entry 3)." in said
    assert type_in("promote", "2", "--reason", "again") == 0
    assert "v2 is the champion of tiny already." in capsys.readouterr().out
    assert type_in("rollback", "--reason", "wrong", "--by", "bob") == 0
    assert type_in("reject", "2", "--reason", "wrong") == 0
    assert type_in("delete", "v2", "--reason", "not needed") == 0
    capsys.readouterr()
    assert type_in("history", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["action"] for each in found["entries"]] == [
        "delete", "reject", "rollback", "promote", "register", "register",
    ]  # fmt: skip
    assert [each["by"] for each in found["entries"][:4]] == ["ann", "ann", "bob", "ann"]
    assert type_in("history", "--limit", "3") == 0
    assert "rollback v1, champion v2 → v1, by bob (cli): wrong" in capsys.readouterr().out
    assert told == ["promoted", "rolled_back"]


def test_a_refusal_is_3_and_told(type_in, desk, told, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.paths.params.open("a") as file:
        file.write("promote: {max_latency_ms: 1}\n")
    assert type_in("promote", "2", "--reason", "better") == 3
    said = capsys.readouterr()
    assert "✗ latency" in said.out
    assert said.err.startswith("Gate: v2 of tiny does not become the champion: latency: ")
    assert told == ["refused"]


def test_other_bytes_are_5(type_in, desk, flip: Callable[[Path], None], capsys: pytest.CaptureFixture[str]) -> None:
    flip(desk.folder(2) / "MLmodel")
    assert type_in("promote", "2", "--reason", "better") == 5
    assert capsys.readouterr().err.startswith("Integrity: ")
    assert desk.ledger.chain.entries[-1].action == "refuse"


def test_a_changed_ledger_is_5_and_shown(type_in, desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.store.client.delete_model_version(ledger_name("tiny"), "1")
    for arguments in (["promote", "2", "--reason", "x"], ["rollback", "--reason", "x"], ["history"]):
        assert type_in(*arguments) == 5
        assert "The ledger of tiny was tampered with: line 1: it was deleted." in capsys.readouterr().err
    assert _ledger(desk.paths, desk.config) == "tampered with: line 1: it was deleted (finetrace audit)"


REFUSALS: list[tuple[list[str], int, str]] = [
    (["promote", "9", "--reason", "x"], 2, "tiny has no version 9"),
    (["promote", "nobody", "--reason", "x"], 2, "tiny has no alias nobody"),
    (["promote", "models:/other/2", "--reason", "x"], 2, "other is not the model of this workspace"),
    (["reject", "models:/tiny@nobody", "--reason", "x"], 2, "tiny has no alias nobody"),
    (["promote", "2", "--reason", "x", "--expect", "2"], 6, "\nCHAMPION_MOVED: the champion of tiny is v1, not v2"),
    (["promote", "2", "--reason", "  "], 2, "--reason is empty"),
    (["promote", "2", "--reason", "x", "--to", "staging"], 2, "--to staging: only champion is promoted to"),
    (["promote", "2"], 2, "Missing option '--reason'"),
    (["reject", "1", "--reason", "x"], 3, "v1 is the champion of tiny"),
    (["rollback", "--reason", "x"], 4, "no earlier champion"),
    (["rollback", "--to", "2", "--reason", "x"], 4, "never was the champion"),
    (
        ["delete", "champion", "--reason", "x"],
        3,
        "holds the alias champion: MLflow would drop that with it. Promote another version or roll back first.",
    ),
    (
        ["delete", "2", "--reason", "x"],
        3,
        "holds the alias challenger: MLflow would drop that with it. Reject it first.",
    ),
]


def test_what_cannot_be_done_has_its_exit_code_and_one_line(type_in, desk, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, words in REFUSALS:
        assert (type_in(*arguments), arguments) == (code, arguments)
        assert words in f"\n{capsys.readouterr().err}"
    assert len(desk.ledger.chain.entries) == 2


def test_where_a_person_has_to_approve_there_must_be_a_page(
    type_in, desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("HOME", str(desk.paths.root))
    with desk.paths.params.open("a") as file:
        file.write("promote: {approval: true}\n")
    assert type_in("promote", "2", "--reason", "better") == 7
    assert "the page where a person approves is not served" in capsys.readouterr().err


def test_status_tells_the_champion_of_the_ledger_and_the_last_entry(desk) -> None:
    assert _ledger(desk.paths, desk.config).startswith("champion v1; entry 2: register v2, champion unchanged")
    empty: Any = type(desk.paths)(desk.paths.root / "nowhere")
    assert _ledger(empty, desk.config) == ""


def test_history_names_who_approved_and_why(type_in, desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.promote(2, approval={"decision": "approve", "approver": "bob", "reason": "looked\nat it"})
    assert type_in("history", "--limit", "1") == 0
    assert "by ann (cli): better; approved by bob: looked at it" in capsys.readouterr().out


def test_a_file_that_is_no_key_is_told_in_plain_words(type_in, desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("keys", "trust", str(desk.paths.params)) == 2
    said = capsys.readouterr().err
    assert "params.yaml holds no public key: a .pem file with one begins with -----BEGIN PUBLIC KEY-----." in said
    assert "cryptography" not in said
