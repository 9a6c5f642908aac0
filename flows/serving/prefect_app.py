"""Prefect's server for this machine's own pages and programs: other host names and foreign pages are refused.

Prefect asks nobody's name and answers pages of any origin: without this, a web page that somebody looks at here could
start flows, under its own name (which a browser tells in Origin) or under one that it has made lead here (Host).
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from tasks.offline import set_switches

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
OURS = frozenset({"127.0.0.1", "localhost"})


def create() -> Application:
    """The application that uvicorn serves."""
    set_switches()
    from prefect.server.api.server import create_app

    return guarded(create_app())


def guarded(application: Application) -> Application:
    """The same application, which hears only of requests from here."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or is_ours(dict(scope["headers"])):
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"only for pages and programs of this machine\n"})

    return app


def is_ours(headers: dict[bytes, bytes]) -> bool:
    """Whether host, and origin if there is one, name this machine; names of headers in lower case."""
    host, origin = headers.get(b"host", b""), headers.get(b"origin")
    return _name(b"//" + host) in OURS and (origin is None or _name(origin) in OURS)


def _name(address: bytes) -> str:
    try:
        return urlsplit(address.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
