"""Requests that nobody may make: the receiver refuses each, and Prefect never hears of them. Numbered with 44."""

import base64
import hashlib
import hmac
import json
import socket
import time
import uuid

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME, registered
from tests.torture.serving import Servers, ask, down, served, wait_for

BODY = json.dumps(
    {
        "entity": "model_version_alias",
        "action": "created",
        "timestamp": "2026-11-29T00:00:00+00:00",
        "data": {"name": NAME, "alias": "champion", "version": "1"},
    }
).encode()
LARGE = b" " * 70_000 + BODY


def _headers(secret: str, body: bytes, *, age: float = 0.0, delivery: str = "") -> dict[str, str]:
    """As MLflow signs, written down here once more."""
    identity, stamp = delivery or str(uuid.uuid4()), str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"X-MLflow-Delivery-Id": identity, "X-MLflow-Timestamp": stamp, "X-MLflow-Signature": signature}


def _secret(servers: Servers) -> str:
    kept = json.loads((servers.workspace.root / ".finetrace/webhook.json").read_bytes())
    return str(kept["secret"])


def _half_sent(port: int) -> None:
    """A request that promises a body and never sends it: it must not keep others waiting."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as open_socket:
        open_socket.sendall(b"POST /mlflow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")


def _refusals(place: Place) -> Done:
    workspace = registered(place)
    with served(workspace) as servers:
        url, secret = f"{servers.urls['receiver']}/mlflow", _secret(servers)
        _half_sent(servers.ports["receiver"])
        broken = [b"", b"{", b"[]", b"[" * 50_000, b"\xff\xfe", BODY.replace(b'"1"', b'"-1"')]
        refused = {
            "unsigned": ask(url, BODY),
            "signed with another secret": ask(url, BODY, _headers("guessed", BODY)),
            "altered": ask(url, BODY.replace(b'"1"', b'"2"'), _headers(secret, BODY)),
            "stale": ask(url, BODY, _headers(secret, BODY, age=301)),
            "of the future": ask(url, BODY, _headers(secret, BODY, age=-302)),
            "oversized": ask(url, LARGE, _headers(secret, LARGE)),
            **{f"malformed ({each[:12]!r})": ask(url, each, _headers(secret, each)) for each in broken},
            "to another path": ask(f"{url}/x", BODY, _headers(secret, BODY)),
            "a question": ask(url),
        }
        taken = [kind for kind, (status, _) in refused.items() if status < 400]
        require(not taken, f"not refused: {taken}")
        require(servers.events() == 0, "something refused has reached Prefect")
        once = _headers(secret, BODY)
        require(ask(url, BODY, once)[0] == 200, "a good request is refused")
        require(ask(url, BODY, once)[0] == 409, "a replayed request is taken")
        wait_for(servers.events, "the good request reaches Prefect", 30)
        require(servers.events() == 1, f"{servers.events()} events")
        log = (workspace.root / ".finetrace/receiver.log").read_text()
        require(secret not in log and "guessed" not in log, "the log holds a secret")
        return down(servers)


CASES: list[Case] = [
    Case(44, "unsigned, altered, stale, oversized, malformed and replayed webhooks never reach Prefect", 0, _refusals)
]
