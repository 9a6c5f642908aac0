"""A connection that says nothing, or never comes to the end of its headers, does not keep its place."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from flows.serving import prompt_connection
from flows.serving.prompt_connection import CLOSE, PromptConnection
from flows.serving.receiver import is_well


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A server that gives headers a twentieth of a second."""
    monkeypatch.setattr(prompt_connection, "HEADER_SECONDS", 0.05)
    app = Starlette(routes=[Route("/health", is_well)])
    settings = uvicorn.Config(app, http=PromptConnection, headers=CLOSE, log_level="critical", lifespan="off")
    server = uvicorn.Server(settings)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


def _said_to(address: tuple[str, int], said: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(said)
        heard = b""
        while block := client.recv(4096):  # the end: the server has closed
            heard += block
        return heard


WHOLE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"POST /mlflow HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_headers_that_do_not_come_end_the_connection(address: tuple[str, int], said: bytes) -> None:
    assert _said_to(address, said) == b""


def test_one_connection_is_one_request(address: tuple[str, int]) -> None:
    heard = _said_to(address, WHOLE + b"POST /mlflow HTTP/1.1\r\nX-A: ")
    assert heard.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in heard.lower()
    assert heard.count(b"HTTP/1.1") == 1
