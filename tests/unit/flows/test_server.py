"""Which Prefect server a run talks to, and whether it really answers."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.serving.server import (
    answers_within,
    configured_url,
    free_port,
    prefect_home,
    prefect_server,
    prepare_environment,
    start_embedded,
)
from tasks.errors import IntegrityError, SetupError
from tasks.paths import Paths


@contextmanager
def _answering(status: int) -> Iterator[str]:
    """A server that answers every question with `status`, except /health, which is always well."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_server_that_answers_a_filter_is_well() -> None:
    with _answering(200) as url:
        assert answers_within(url, 5)


def test_server_whose_health_is_green_but_whose_filter_fails_is_not_well() -> None:
    # FastAPI 0.154 with Prefect 3.8.8: /health 200, /flows/filter 422
    with _answering(422) as url:
        assert not answers_within(url, 0.3)


def test_nobody_listening_is_noticed() -> None:
    assert not answers_within(f"http://127.0.0.1:{free_port()}/api", 0.3)


def test_url_of_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text('active = "p"\n[profiles.p]\nPREFECT_API_URL = "http://b/api"\n')
    assert configured_url({"PREFECT_API_URL": "http://a/api", "PREFECT_HOME": str(tmp_path)}) == "http://a/api"


def test_url_of_the_active_profile_is_found(tmp_path: Path) -> None:
    text = (
        'active = "p"\n[profiles.p]\nPREFECT_API_URL = "http://b/api"\n[profiles.q]\nPREFECT_API_URL = "http://c/api"\n'
    )
    (tmp_path / "profiles.toml").write_text(text)
    assert configured_url({"PREFECT_HOME": str(tmp_path)}) == "http://b/api"
    assert configured_url({"PREFECT_HOME": str(tmp_path), "PREFECT_PROFILE": "q"}) == "http://c/api"


@pytest.mark.parametrize("profiles", [None, "not toml [", 'active = "ephemeral"\n[profiles.ephemeral]\nX = "1"\n'])
def test_without_a_profile_that_names_a_server_there_is_none(tmp_path: Path, profiles: str | None) -> None:
    if profiles is not None:
        (tmp_path / "profiles.toml").write_text(profiles)
    assert configured_url({"PREFECT_HOME": str(tmp_path)}) is None


def test_configured_server_that_is_away_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.serving.server.CONFIGURED_SECONDS", 0.2)
    monkeypatch.setenv("PREFECT_API_URL", f"http://ann:hunter22@127.0.0.1:{free_port()}/api")
    with pytest.raises(SetupError, match="does not answer") as told, prefect_server(Paths(tmp_path)):
        pass
    assert "hunter22" not in str(told.value)


def test_environment_keeps_prefect_in_the_workspace_and_off_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    for name in ("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    for name in ("PREFECT_RESULTS_DEFAULT_SERIALIZER", "PREFECT_RESULTS_PERSIST_BY_DEFAULT"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    prepare_environment(Paths(tmp_path))
    assert os.environ["PREFECT_HOME"] == str(tmp_path / ".finetrace" / "prefect")
    assert os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "false"
    assert os.environ["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert "127.0.0.1" in os.environ["NO_PROXY"]


def test_broken_database_of_prefect_is_told_before_its_server_is_started(paths: Paths) -> None:
    (prefect_home(paths) / "prefect.db").write_bytes(b"no database" * 100)
    with pytest.raises(IntegrityError, match=r"prefect\.db is broken.*move it away"):
        start_embedded(paths)
