"""`python -m flows.serving.receiver WORKSPACE PORT`: MLflow's webhooks in, Prefect's events out; on 127.0.0.1 alone."""

import asyncio
import logging
import os
import sys
import time
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.serving.deliveries import LARGEST_BYTES, AliasChange, RefusedError, check_delivery, event_of, read_change
from flows.serving.prefect_api import post
from flows.serving.receiver_address import HOST, ROUTE
from flows.serving.replays import Replays
from flows.serving.secret_keys import read_keys
from tasks.config import load_config
from tasks.errors import FinetraceError
from tasks.paths import Paths

ALIAS = "champion"
READ_SECONDS = 10.0
MOST_AT_ONCE = 256
"""Connections; the next is told that we are busy."""
_log = logging.getLogger("finetrace.receiver")


class Receiver:
    """Takes deliveries of one workspace's registry."""

    def __init__(self, paths: Paths, secret: str, api: str) -> None:
        self._paths, self._secret, self._api = paths, secret, api
        self._replays = Replays(paths.state / "deliveries.json")

    async def take(self, request: Request) -> Response:
        """The answer to a delivery: 200 told Prefect, 202 nothing for us, or a refusal in one line."""
        try:
            body = await read_body(request)
            return await asyncio.to_thread(self._handle, dict(request.headers), body)
        except RefusedError as refusal:
            _log.warning("refused (%s): %s", refusal.status, refusal)
            return PlainTextResponse(f"{refusal}\n", refusal.status, {"Connection": "close"})

    def _handle(self, headers: dict[str, str], body: bytes) -> Response:
        now = time.time()
        delivery = check_delivery(headers, body, self._secret, now)
        change = read_change(body)
        if change is None or not self._is_ours(change):
            return PlainTextResponse("nothing to do\n", 202)
        self._claim(delivery, now)
        self._tell_prefect(change, delivery)
        return PlainTextResponse("taken\n")

    def _claim(self, delivery: str, now: float) -> None:
        try:
            is_new = self._replays.claim(delivery, now)
        except OSError as error:
            raise RefusedError(503, "the delivery cannot be noted now; send it again") from error
        if not is_new:
            raise RefusedError(409, "replayed: this delivery was taken before")

    def _is_ours(self, change: AliasChange) -> bool:
        try:
            name = load_config(self._paths.params).register.name
        except FinetraceError as error:
            raise RefusedError(503, "params.yaml cannot be read") from error
        return change.name == name and change.alias == ALIAS

    def _tell_prefect(self, change: AliasChange, delivery: str) -> None:
        event = event_of(change, delivery, datetime.now(UTC).isoformat())
        try:
            post(f"{self._api}/events", [event])
        except (OSError, HTTPException) as error:
            self._replays.release(delivery)
            raise RefusedError(503, "Prefect's server does not take events now; send it again") from error
        _log.info("%s %s %s → %s", change.name, change.alias, change.version, event["event"])


async def read_body(request: Request) -> bytes:
    """The body, of which no more than the limit is ever read. Raises RefusedError."""
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise RefusedError(400, "the length is no number")
    if int(length[:12]) > LARGEST_BYTES:
        raise RefusedError(413, f"larger than {LARGEST_BYTES} bytes")
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read_some(request)
    except (TimeoutError, ClientDisconnect):
        raise RefusedError(400, "the body did not come") from None


async def _read_some(request: Request) -> bytes:
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > LARGEST_BYTES:
            raise RefusedError(413, f"larger than {LARGEST_BYTES} bytes")
    return body


async def is_well(_request: Request) -> Response:
    """That we are here."""
    return PlainTextResponse("finetrace receiver\n")


def make_app(paths: Paths, secret: str, api: str) -> Starlette:
    """The application: POST /mlflow takes deliveries, GET /health says that it is there, all else 404 or 405."""
    receiver = Receiver(paths, secret, api)
    routes = [Route(ROUTE, receiver.take, methods=["POST"]), Route("/health", is_well, methods=["GET"])]
    return Starlette(routes=routes)


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    import uvicorn

    from flows.serving.prompt_connection import CLOSE, PromptConnection

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    paths, port = Paths(Path(arguments[0])), int(arguments[1])
    app: Any = make_app(paths, read_keys(paths).secret, os.environ["PREFECT_API_URL"].rstrip("/"))
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        log_level="warning",
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
        http=PromptConnection,
        headers=CLOSE,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
