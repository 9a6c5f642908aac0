"""No secret leaves through a log, a report or a traceback."""

import traceback

import pytest

from flows.redact import errors_redacted, redact
from tasks.errors import BusyError, FinetraceError


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


@errors_redacted
def fail(error: Exception) -> None:
    """Fails with this error."""
    raise error


def test_unforeseen_error_of_a_flow_loses_its_secrets_and_what_led_to_it() -> None:
    error = ValueError("no answer from https://ann:canary-9@host")
    with pytest.raises(FinetraceError) as caught:
        fail(error)
    assert "canary-9" not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value) == "ValueError: no answer from https://***@host"


def test_our_own_error_keeps_its_kind() -> None:
    with pytest.raises(BusyError, match=r"\*\*\*"):
        fail(BusyError("password=canary-9"))


def test_error_without_a_secret_stays_the_same_object() -> None:
    error = ValueError("no rows")
    with pytest.raises(ValueError, match="no rows") as caught:
        fail(error)
    assert caught.value is error
