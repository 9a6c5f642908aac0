"""Where a flow run's page is, also when the server that keeps it ends with the command."""

import pytest

from flows import run_page as module


class Settings:
    ui_url = "http://127.0.0.1:53197"


@pytest.fixture(autouse=True)
def in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(module.EMBEDDED, raising=False)
    monkeypatch.setattr("flows.run_page.flow_run.get_id", lambda: "some-run", raising=False)
    monkeypatch.setattr("flows.run_page.get_current_settings", Settings)


def test_a_server_that_stays_shows_the_run_itself() -> None:
    assert module.run_page().url == "http://127.0.0.1:53197/runs/flow-run/some-run"


def test_an_embedded_server_is_gone_afterwards_so_the_address_is_the_one_of_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.EMBEDDED, "1")
    assert module.run_page().url == f"{module.UP_URL}/runs/flow-run/some-run"
