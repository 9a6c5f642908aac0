"""An event → a message to whoever wants to know, at the address in FINETRACE_NOTIFY_URL

The address is a secret (whoever knows Slack's may post there): it stands in no log, no error and no settings.
"""

import json
import logging
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Literal
from urllib.parse import urlsplit

from flows.redact import redact
from tasks.operations import NotifySettings

Event = Literal["promoted", "refused", "rolled_back", "approval", "failed", "tampered"]
ADDRESS = "FINETRACE_NOTIFY_URL"
DELAYS_SECONDS = (0.5, 2.0)
"""Before the second and the third try."""
TIMEOUT_SECONDS = 5.0
_log = logging.getLogger("finetrace.notify")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A message goes to the address that was given, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def notify(
    settings: NotifySettings,
    event: Event,
    line: str,
    facts: Mapping[str, Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Tell one line and the facts behind it, if this event is to be told; whether it was. Never raises.

    What cannot be told in three tries is noted in the log, without the address.
    """
    address = os.environ.get(ADDRESS, "")
    if not address or event not in settings.on:
        return False
    why = _unfit(address)
    body = make_body(settings, event, line, facts)
    for delay in (0.0, *DELAYS_SECONDS) if not why else ():
        sleep(delay)
        why = _post(address, body)
        if not why:
            return True
    _log.warning("nobody was told that %s: %s does not take it (%s)", event, ADDRESS, why)
    return False


def make_body(settings: NotifySettings, event: Event, line: str, facts: Mapping[str, Any]) -> bytes:
    """What is posted, secrets masked."""
    if settings.format == "slack":
        return json.dumps({"text": _as_slack_text(redact(f"finetrace: {line}"))}).encode()
    told = {"event": event, "line": line, "at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
    return redact(json.dumps(told, ensure_ascii=False, default=str)).encode(errors="replace")


def _as_slack_text(text: str) -> str:
    """A text in which Slack finds no link and calls nobody (docs.slack.dev: "Formatting message text", escaping)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unfit(address: str) -> str:
    """Why this is no address to post to; "" if it is one."""
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    return "" if is_web else "it is no http or https address"


def _post(address: str, body: bytes) -> str:
    """Why it was not taken; "" if it was. Errors of urllib may hold the address, so only their kind is told."""
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - checked
        with opener.open(request, timeout=TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"HTTP {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return type(reason).__name__ if isinstance(reason, Exception) else type(error).__name__
