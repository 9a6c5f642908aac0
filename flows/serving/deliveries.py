"""A webhook delivery as it came → what it asks for, or why it is refused; no clock, no disk, no socket."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LARGEST_BYTES = 64 * 1024
FRESH_SECONDS = 300
"""A delivery may be this old, and its clock this far ahead of ours."""
SIGNATURE, TIMESTAMP, DELIVERY = "x-mlflow-signature", "x-mlflow-timestamp", "x-mlflow-delivery-id"
_ID = re.compile(r"[0-9A-Fa-f-]{32,36}")
_ENTITY, _ACTIONS = "model_version_alias", ("created", "deleted")


class RefusedError(Exception):
    """The delivery is not taken: `status` for the sender, one line why."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


@dataclass(frozen=True)
class AliasChange:
    """An alias of a registered model was set, or taken away (version None)."""

    name: str
    alias: str
    version: int | None


def check_delivery(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str:
    """The delivery's id, once it is certain that the holder of the secret has sent it, and lately.

    headers: with names in lower case. Raises RefusedError.
    """
    delivery, timestamp, signature = (headers.get(name, "") for name in (DELIVERY, TIMESTAMP, SIGNATURE))
    if not (delivery and timestamp and signature):
        raise RefusedError(401, "unsigned: an id, a timestamp and a signature are needed")
    if not _ID.fullmatch(delivery) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise RefusedError(401, "the delivery's id or timestamp is malformed")
    if not _is_signed(signature, f"{delivery}.{timestamp}.".encode() + body, secret):
        raise RefusedError(401, "the signature does not fit")
    if abs(now - int(timestamp)) > FRESH_SECONDS:
        raise RefusedError(401, "stale: the timestamp is more than five minutes off")
    return delivery


def sign(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    """The signature that MLflow sends (mlflow.webhooks.delivery): HMAC-SHA256 over id.timestamp.body, in base64."""
    return "v1," + base64.b64encode(_digest(f"{delivery}.{timestamp}.".encode() + body, secret)).decode()


def read_change(body: bytes) -> AliasChange | None:
    """What a delivery says of an alias; None if it is about something else. Raises RefusedError if it is malformed."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("data"), dict):
        raise RefusedError(400, "the body is not an event of a registry")
    if told.get("entity") != _ENTITY or told.get("action") not in _ACTIONS:
        return None
    name, alias = _text(told["data"], "name"), _text(told["data"], "alias")
    return AliasChange(name, alias, _version(told["data"]) if told["action"] == "created" else None)


def event_of(change: AliasChange, delivery: str, occurred: str) -> dict[str, Any]:
    """The event that Prefect is told; occurred: ISO 8601 with a zone."""
    asked = "requested" if change.version is not None else "removed"
    return {
        "id": str_uuid(delivery),
        "occurred": occurred,
        "event": f"finetrace.alias.{asked}",
        "resource": {"prefect.resource.id": f"finetrace.model.{change.name}", "prefect.resource.name": change.name},
        "related": [],
        "payload": {
            "name": change.name,
            "alias": change.alias,
            "version": change.version,
            "delivery": delivery,
        },
    }


def str_uuid(delivery: str) -> str:
    """An event id that is the same whenever the same delivery comes."""
    digest = hashlib.sha256(delivery.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _is_signed(signature: str, content: bytes, secret: str) -> bool:
    kind, _, given = signature.partition(",")
    try:
        claimed = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    return kind == "v1" and hmac.compare_digest(claimed, _digest(content, secret))


def _digest(content: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > 256:
        raise RefusedError(400, f"{key} is missing or no name")
    return value


def _version(data: Mapping[str, Any]) -> int:
    value = str(data.get("version"))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", value):
        raise RefusedError(400, "version is missing or no number")
    return int(value)
