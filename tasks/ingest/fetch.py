"""an https address and a digest → a file with exactly those bytes"""

import hashlib
import ssl
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from tasks.errors import IntegrityError, SettingsError, SetupError
from tasks.files import replacing

MOST_BYTES = 10_000_000_000
"""A larger file is not fetched; a person can put it in its place by hand."""
_TIMEOUT_SECONDS = 30.0  # without a byte
_BLOCK_BYTES = 256 * 1024


def fetch(
    url: str,
    target: Path,
    sha256: str | None,
    *,
    most_bytes: int = MOST_BYTES,
    context: ssl.SSLContext | None = None,
) -> None:
    """Fetch `url` to `target`, which appears whole and checked or not at all.

    `context` says which certificates are trusted; without it those of the system, or of SSL_CERT_FILE. Raises
    SettingsError for another scheme than https or no digest, SetupError if the server cannot give the file, and
    IntegrityError for another digest.
    """
    shown = shown_address(url)
    if "@" in urlsplit(url).netloc:
        raise SettingsError(f"{shown} comes with a user name or a password, which would end up in logs. Remove it.")
    if not shown.startswith("https://"):
        raise SettingsError(f"{shown} is not fetched: only https addresses are. Put the file in its place by hand.")
    if sha256 is None:
        raise SettingsError(f"{shown} is not fetched without its digest. Set sha256 to the one that its owner tells.")
    opener = build_opener(_OnlyHttps, HTTPSHandler(context=context or ssl.create_default_context()))
    try:
        with opener.open(url, timeout=_TIMEOUT_SECONDS) as answer, replacing(target) as temporary:
            with temporary.open("wb") as file:
                found = _copy(answer, file, answer.length or 0, most_bytes, shown)
            if found != sha256:
                raise IntegrityError(
                    f"{shown} gave a file with the sha256 {found}, and {sha256} was asked for. Nothing was kept. Ask "
                    "its owner which is right."
                )
    except HTTPError as error:
        raise SetupError(f"{shown} answers {error.code} {error.reason}. Check the address.") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise SetupError(
            f"{shown} cannot be fetched ({reason}). Check the network, or put the file there by hand."
        ) from None


def shown_address(url: str) -> str:
    """The address as messages show it: without a user, a password or a query, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SettingsError(f"the url is no address ({error}). Mend it.") from None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _OnlyHttps(HTTPRedirectHandler):
    """Follows a redirect to https only."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme != "https":
            target = shown_address(newurl)
            raise SetupError(f"{shown_address(req.full_url)} leads to {target}, which is not https. Check the address.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _copy(answer: BinaryIO, file: BinaryIO, announced: int, most_bytes: int, shown: str) -> str:
    """Copy the answer's body; its sha256."""
    digest, size = hashlib.sha256(), 0
    while size <= most_bytes and announced <= most_bytes and (block := answer.read(_BLOCK_BYTES)):
        size += len(block)
        digest.update(block)
        file.write(block)
    if max(size, announced) > most_bytes:
        raise SetupError(f"{shown} gives more than {most_bytes:,} bytes. Put the file in its place by hand.")
    if size < announced:
        raise SetupError(f"{shown} broke off after {size:,} of {announced:,} bytes. Try again.")
    return digest.hexdigest()
