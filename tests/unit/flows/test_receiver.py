"""The receiver: what is signed, fresh, new and about our champion becomes one event; nothing else reaches Prefect."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.serving import receiver
from flows.serving.deliveries import LARGEST_BYTES, sign
from tasks.paths import Paths

SECRET = "a secret of the tests"
ID = "6f1f2c1e-8a63-4a51-9a39-0d6d7c0f2a11"
OURS = {"name": "support-intents", "alias": "champion", "version": "7"}


def _body(data: Any = OURS, action: str = "created", entity: str = "model_version_alias") -> bytes:
    return json.dumps({"entity": entity, "action": action, "timestamp": "now", "data": data}).encode()


def _headers(body: bytes, *, delivery: str = ID, age: float = 0, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time() - age))
    signature = sign(secret, delivery, stamp, body)
    return {"X-MLflow-Delivery-Id": delivery, "X-MLflow-Timestamp": stamp, "X-MLflow-Signature": signature}


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


class Desk:
    """A receiver, what it told Prefect, and a client of it."""

    def __init__(self, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[dict[str, Any]] = []
        self.broken = False
        monkeypatch.setattr(receiver, "post", self._post)
        self.paths = paths
        self.restart()

    def restart(self) -> None:
        self.client = TestClient(receiver.make_app(self.paths, SECRET, "http://127.0.0.1:1/api"))

    def send(self, body: bytes, headers: dict[str, str], path: str = "/mlflow", method: str = "POST") -> Any:
        return self.client.request(method, path, content=body, headers=headers)

    def signed(self, body: bytes) -> Any:
        return self.send(body, _headers(body))

    def _post(self, url: str, events: list[dict[str, Any]]) -> None:
        if self.broken:
            raise OSError("refused")
        assert url == "http://127.0.0.1:1/api/events"
        self.events += events


@pytest.fixture
def desk(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(paths, monkeypatch)


def test_good_delivery_becomes_the_event_that_the_automation_waits_for(desk: Desk) -> None:
    answer = desk.send(_body(), _headers(_body()))
    assert (answer.status_code, answer.text) == (200, "taken\n")
    event = desk.events[0]
    assert event["event"] == "finetrace.alias.requested"
    assert event["resource"]["prefect.resource.id"] == "finetrace.model.support-intents"
    assert event["payload"] == {"name": "support-intents", "alias": "champion", "version": 7, "delivery": ID}


def test_alias_taken_away_is_told_too(desk: Desk) -> None:
    body = _body({"name": "support-intents", "alias": "champion"}, action="deleted")
    assert desk.send(body, _headers(body)).status_code == 200
    assert [each["event"] for each in desk.events] == ["finetrace.alias.removed"]


GOOD = _body()
REFUSED: dict[str, tuple[int, Any]] = {
    "unsigned": (401, lambda desk: desk.send(GOOD, {})),
    "without its signature": (401, lambda desk: desk.send(GOOD, _without(_headers(GOOD), "X-MLflow-Signature"))),
    "without its id": (401, lambda desk: desk.send(GOOD, _without(_headers(GOOD), "X-MLflow-Delivery-Id"))),
    "signed with another secret": (401, lambda desk: desk.send(GOOD, _headers(GOOD, secret="guessed"))),
    "signed for another body": (401, lambda desk: desk.send(_body({**OURS, "version": "8"}), _headers(GOOD))),
    "under another id": (401, lambda desk: desk.send(GOOD, _headers(GOOD) | {"X-MLflow-Delivery-Id": ID[::-1]})),
    "with a later timestamp": (401, lambda desk: desk.send(GOOD, _headers(GOOD) | {"X-MLflow-Timestamp": "9" * 10})),
    "signature that is no base64": (
        401,
        lambda desk: desk.send(GOOD, _headers(GOOD) | {"X-MLflow-Signature": "v1,é".encode()}),
    ),
    "signature of another version": (
        401,
        lambda desk: desk.send(GOOD, _headers(GOOD) | {"X-MLflow-Signature": "v2,AAAA"}),
    ),
    "stale": (401, lambda desk: desk.send(GOOD, _headers(GOOD, age=301))),
    "from the future": (401, lambda desk: desk.send(GOOD, _headers(GOOD, age=-302))),
    "oversized": (413, lambda desk: desk.send(b"x" * (LARGEST_BYTES + 1), _headers(GOOD))),
    "not JSON": (400, lambda desk: desk.signed(b"{")),
    "nested without end": (400, lambda desk: desk.signed(b"[" * 60_000)),
    "not an event": (400, lambda desk: desk.signed(b"[1]")),
    "without a version": (400, lambda desk: desk.signed(_body({"name": "a", "alias": "b"}))),
    "version no number": (400, lambda desk: desk.signed(_body({**OURS, "version": "7; x"}))),
    "name that breaks the line": (400, lambda desk: desk.signed(_body({**OURS, "name": "a\nb"}))),
    "another path": (404, lambda desk: desk.send(GOOD, _headers(GOOD), path="/")),
    "another method": (405, lambda desk: desk.send(GOOD, _headers(GOOD), method="GET")),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_request_is_told_in_one_line_and_never_reaches_prefect(desk: Desk, kind: str) -> None:
    status, act = REFUSED[kind]
    answer = act(desk)
    assert (answer.status_code, len(answer.text.strip().splitlines())) == (status, 1)
    assert desk.events == []
    assert SECRET not in answer.text


def test_body_without_a_length_is_refused_at_the_same_size(desk: Desk) -> None:
    def blocks() -> Iterator[bytes]:
        yield from [b"x" * 8192] * 9

    answer = desk.client.post("/mlflow", content=blocks(), headers=_headers(b""))
    assert answer.status_code == 413
    assert desk.events == []


def test_replayed_delivery_is_refused_also_after_a_restart(desk: Desk) -> None:
    headers = _headers(_body())
    assert desk.send(_body(), headers).status_code == 200
    assert desk.send(_body(), headers).status_code == 409
    desk.restart()
    assert desk.send(_body(), headers).status_code == 409
    assert len(desk.events) == 1


def test_delivery_that_prefect_could_not_take_may_come_again(desk: Desk) -> None:
    desk.broken, headers = True, _headers(_body())
    assert desk.send(_body(), headers).status_code == 503  # MLflow tries again after this
    desk.broken = False
    assert desk.send(_body(), headers).status_code == 200
    assert len(desk.events) == 1


@pytest.mark.parametrize(
    ("data", "entity"),
    [
        ({**OURS, "alias": "challenger"}, "model_version_alias"),
        ({**OURS, "name": "support-intents.ledger"}, "model_version_alias"),
        (OURS, "model_version"),
    ],
    ids=["another alias", "another model", "another event"],
)
def test_what_is_not_our_champion_is_answered_and_left_alone(desk: Desk, data: Any, entity: str) -> None:
    body = _body(data, entity=entity)
    assert desk.send(body, _headers(body)).status_code == 202
    assert desk.events == []


def test_secrets_and_contents_of_a_refused_request_are_not_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary-4711"
    desk.send(canary.encode(), _headers(canary.encode(), secret="guessed"))
    desk.send(canary.encode(), _headers(canary.encode()))
    assert "refused (401)" in caplog.text
    assert canary not in caplog.text
    assert SECRET not in caplog.text


def test_signature_is_mlflows_own() -> None:
    from mlflow.webhooks.delivery import _generate_hmac_signature

    assert sign(SECRET, ID, "1700000000", b'{"a": 1}') == _generate_hmac_signature(SECRET, ID, "1700000000", '{"a": 1}')


def test_health_is_answered(desk: Desk) -> None:
    assert desk.client.get("/health").text == "finetrace receiver\n"


def test_delivery_that_could_not_be_noted_may_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    headers = _headers(_body())
    with monkeypatch.context() as patch:
        patch.setattr("flows.serving.replays.write_json", full)
        assert desk.send(_body(), headers).status_code == 503
    assert desk.events == []
    assert desk.send(_body(), headers).status_code == 200
    assert desk.send(_body(), headers).status_code == 409
