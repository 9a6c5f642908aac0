"""A question to Prefect's API without importing Prefect, which takes seconds"""

import base64
import json
import os
import urllib.request
from typing import Any

SECONDS = 10.0


def post(url: str, body: Any) -> Any:
    """The answer to a POST, None if it is empty. Raises OSError (also urllib's HTTPError) or HTTPException."""
    return _ask(urllib.request.Request(url, data=json.dumps(body).encode(), headers=credentials()))  # noqa: S310


def get(url: str) -> Any:
    """The answer to a GET. Raises as `post` does."""
    return _ask(urllib.request.Request(url, headers=credentials()))  # noqa: S310 - the person's own URL


def credentials() -> dict[str, str]:
    """Headers of a request as Prefect's own client would send them, from the environment."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("PREFECT_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    elif pair := os.environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return headers


def _ask(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None
