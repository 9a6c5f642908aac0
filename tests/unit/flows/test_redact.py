"""No secret leaves through a log, a report or a traceback."""

import pytest

from flows.redact import redact


@pytest.mark.parametrize(
    "text",
    [
        "MLFLOW_TRACKING_URI=https://ann:canary-9@host/x",
        "api_key: canary-9",
        'password = "canary-9"',
        "GET https://host/x?token=canary-9 failed",
    ],
)
def test_secret_is_masked_wherever_it_stands(text: str) -> None:
    assert "canary-9" not in redact(text)


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "FINETRACE_SIGNING_PASSPHRASE", "PREFECT_API_AUTH_STRING", "FINETRACE_NOTIFY_URL"]
)
def test_value_of_a_secret_variable_is_masked_without_its_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "canary-9")
    assert redact("the server says canary-9") == "the server says ***"


def test_short_value_of_a_secret_variable_does_not_blacken_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "a")
    assert redact("a plain text") == "a plain text"
