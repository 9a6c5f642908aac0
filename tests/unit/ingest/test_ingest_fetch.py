"""Fetching, from a server of our own on 127.0.0.1 with a certificate made for the test."""

import hashlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import FinetraceError, IntegrityError, SettingsError, SetupError
from tasks.ingest.fetch import fetch, shown_address

CONTENT = b"text,label\n" + b"hi,x\n" * 60_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Answer(BaseHTTPRequestHandler):
    """Gives CONTENT, a part of it, 60 MB of it, or leads elsewhere."""

    sent = 0  # times CONTENT, of the 60 MB

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path in ("/plain", "/again"):
            host = self.headers["Host"]
            self.send_response(302)
            self.send_header("Location", f"http://{host}/a.csv" if path == "/plain" else f"https://{host}/a.csv")
            self.end_headers()
        elif path == "/none":
            self.send_error(404)
        else:
            self.send_response(200)
            if path != "/endless":
                self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            if path == "/endless":
                for Answer.sent in range(200):
                    self.wfile.write(CONTENT)
            self.wfile.write(CONTENT[:1_000] if path == "/cut" else CONTENT)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, chain = folder / "key.pem", folder / "chain.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"]
    subprocess.run([*request, *name, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return key, chain


@pytest.fixture(scope="module")
def server(certificate: tuple[Path, Path]) -> Iterator[str]:
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        running.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that refuses us is the test
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def trusted(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[1])


def refused(kind: type[FinetraceError], url: str, target: Path, **given: Any) -> str:
    with pytest.raises(kind) as caught:
        fetch(url, target, given.pop("sha256", SHA256), **given)
    assert not target.exists()
    assert not list(target.parent.glob(".tmp-*"))
    return str(caught.value)


def test_the_right_bytes_are_kept(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    fetch(f"{server}/a.csv", tmp_path / "new" / "a.csv", SHA256, context=trusted)
    assert (tmp_path / "new" / "a.csv").read_bytes() == CONTENT


def test_other_bytes_are_not_kept_and_both_digests_told(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    message = refused(IntegrityError, f"{server}/a.csv", tmp_path / "a", sha256="0" * 64, context=trusted)
    assert SHA256 in message
    assert "0" * 64 in message


def test_what_lay_there_stays_when_the_bytes_are_others(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(IntegrityError):
        fetch(f"{server}/a.csv", tmp_path / "a", "0" * 64, context=trusted)
    assert (tmp_path / "a").read_text() == "old"


def test_a_redirect_to_https_is_followed(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    fetch(f"{server}/again", tmp_path / "a.csv", SHA256, context=trusted)
    assert (tmp_path / "a.csv").exists()


def test_a_redirect_to_http_is_not_followed(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    assert "which is not https" in refused(SetupError, f"{server}/plain", tmp_path / "a", context=trusted)


def test_an_unknown_certificate_is_not_trusted(server: str, tmp_path: Path) -> None:
    assert "certificate verify failed" in refused(SetupError, f"{server}/a.csv", tmp_path / "a")


@pytest.mark.parametrize("path", ["/a.csv", "/endless"])
def test_more_bytes_than_allowed_are_refused(server: str, trusted: ssl.SSLContext, tmp_path: Path, path: str) -> None:
    message = refused(SetupError, server + path, tmp_path / "a", context=trusted, most_bytes=len(CONTENT) - 1)
    assert Answer.sent < 100  # what the sockets hold may be on its way
    assert "gives more than 300,010 bytes" in message


def test_a_broken_off_answer_is_not_taken_for_another_file(
    server: str, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    refused(SetupError, f"{server}/cut", tmp_path / "a", context=trusted)


def test_a_missing_page_is_told(server: str, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    message = refused(SetupError, f"{server}/none?token=secret", tmp_path / "a", context=trusted)
    assert "/none answers 404" in message
    assert "secret" not in message


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be fetched" in refused(SetupError, "https://127.0.0.1:1/a.csv", tmp_path / "a")


@pytest.mark.parametrize("url", ["http://localhost/a", "file:///etc/passwd", "ftp://localhost/a", "a.csv", "https://["])
def test_other_schemes_are_refused(url: str, tmp_path: Path) -> None:
    refused(SettingsError, url, tmp_path / "a")


def test_a_password_in_the_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    message = refused(SettingsError, "https://me:secret@localhost/a", tmp_path / "a")
    assert "secret" not in message


def test_no_digest_no_fetch(tmp_path: Path) -> None:
    assert "without its digest" in refused(SettingsError, "https://localhost/a", tmp_path / "a", sha256=None)


def test_a_shown_address_holds_no_secret() -> None:
    assert shown_address("https://me:pw@host:8443/a/b?key=1#part") == "https://host:8443/a/b"


def test_the_stage_fetches_what_is_missing_and_only_that(
    server: str, certificate: tuple[Path, Path], workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    settings = {"url": f"{server}/a.csv", "sha256": SHA256}
    assert workspace.ingest("raw/a.csv", **settings)["rows"] == 60_000
    assert workspace.ingest("raw/a.csv", **{**settings, "url": f"{server}/none"})["rows"] == 60_000
