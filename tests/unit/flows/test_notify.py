"""Who is told, what, and what stays secret."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from flows.notify import ADDRESS, DELAYS_SECONDS, make_body, notify
from flows.redact import redact
from tasks.operations import NotifySettings

SECRET = "/services/T000/B000/uberSecretPath"


class Receiver(HTTPServer):
    """Keeps what is posted, answers with the codes it was given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.codes: list[int] = []
        self.bodies: list[bytes] = []
        self.address = f"http://127.0.0.1:{self.server_port}{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.server.codes.pop(0) if self.server.codes else 204
        self.send_response(code)
        if code == 302:
            self.send_header("Location", self.server.address)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv(ADDRESS, server.address)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def tell(
    settings: NotifySettings | None = None, event: Any = "promoted", facts: Any = None
) -> tuple[bool, list[float]]:
    slept: list[float] = []
    told = notify(settings or NotifySettings(), event, "v2 is the champion", facts or {}, sleep=slept.append)
    return told, [each for each in slept if each]


def test_an_event_is_posted_with_all_facts(receiver: Receiver) -> None:
    assert tell(facts={"champion": 2, "entry": {"reason": "api_key=abcdef"}}) == (True, [])
    told = json.loads(receiver.bodies[0])
    assert (told["event"], told["line"], told["champion"]) == ("promoted", "v2 is the champion", 2)
    assert "abcdef" not in str(told)


def test_slack_and_its_like_get_one_text(receiver: Receiver) -> None:
    assert tell(NotifySettings(format="slack"))[0]
    assert json.loads(receiver.bodies[0]) == {"text": "finetrace: v2 is the champion"}


def test_a_failure_is_tried_again_later_and_later(receiver: Receiver) -> None:
    receiver.codes = [500, 503]
    assert tell() == (True, list(DELAYS_SECONDS))
    assert len(receiver.bodies) == 3


@pytest.mark.parametrize("codes", [[500] * 3, [302] * 3])
def test_what_is_never_taken_breaks_nothing_and_tells_no_address(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, codes: list[int]
) -> None:
    receiver.codes = list(codes)
    with caplog.at_level(logging.WARNING):
        assert not tell()[0]
    assert len(receiver.bodies) == 3  # no redirect is followed
    assert f"HTTP {codes[0]}" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1" + SECRET,
        "ftp://x" + SECRET,
        "file:///etc" + SECRET,
        "http://[" + SECRET,
        "http://a b" + SECRET,
    ],
)
def test_a_dead_or_foolish_address_breaks_nothing_and_is_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    monkeypatch.setenv(ADDRESS, address)
    with caplog.at_level(logging.WARNING):
        assert not tell()[0]
    assert "nobody was told" in caplog.text
    assert SECRET not in caplog.text


def test_only_events_that_are_asked_for_are_told(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not tell(NotifySettings(on=("tampered",)))[0]
    monkeypatch.delenv(ADDRESS)
    assert not tell()[0]
    assert receiver.bodies == []


def test_the_address_is_masked_wherever_text_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "https://hooks.example" + SECRET)
    assert SECRET not in redact(f"POST https://hooks.example{SECRET} failed")


def test_a_reason_cannot_call_everybody_in_slack_or_hide_a_link() -> None:
    body = make_body(NotifySettings(format="slack"), "promoted", "v2: <!channel> <https://x.invalid|ok> & more", {})
    assert json.loads(body)["text"] == ("finetrace: v2: &lt;!channel&gt; &lt;https://x.invalid|ok&gt; &amp; more")


def test_half_a_character_in_the_facts_is_no_reason_to_tell_nobody() -> None:
    assert b'"by": "a?"' in make_body(NotifySettings(), "approval", "v2", {"by": "a\udcff"})
