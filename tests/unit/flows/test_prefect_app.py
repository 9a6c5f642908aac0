"""Who may talk to Prefect's server."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from flows.serving.prefect_app import guarded


def _client() -> TestClient:
    routes = [Route("/api", lambda _request: PlainTextResponse("yes"), methods=["GET", "POST"])]
    return TestClient(guarded(Starlette(routes=routes)), base_url="http://127.0.0.1:4200")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Host": "localhost:4200"}, {"Origin": "http://127.0.0.1:4200"}, {"Origin": "http://localhost:4200"}],
    ids=["a program", "by its other name", "its own page", "its own page by the other name"],
)
def test_programs_and_pages_of_this_machine_are_answered(headers: dict[str, str]) -> None:
    assert _client().post("/api", headers=headers).text == "yes"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:4200"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1@evil.example"},
    ],
    ids=[
        "rebound",
        "a name that begins like ours",
        "no name",
        "empty",
        "a foreign page",
        "a sandboxed page",
        "a trick",
    ],
)
def test_strangers_are_refused(headers: dict[str, str]) -> None:
    answer = _client().post("/api", headers=headers)
    assert (answer.status_code, answer.text) == (403, "only for pages and programs of this machine\n")
