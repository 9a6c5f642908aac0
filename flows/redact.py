"""Text → the same text without secrets."""

import os
import re
import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_KEY|CREDENTIAL|AUTH_STRING|NOTIFY_URL", re.IGNORECASE
)
_MIN_CHARACTERS = 6  # a shorter "secret" would blacken ordinary words


def redact(text: str) -> str:
    """`text` with the values of secret-named environment variables, `key=value` secrets and users in URLs masked."""
    from tasks.masking import mask_text

    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _MIN_CHARACTERS:
            text = text.replace(value, "***")
    return mask_text(text)


def errors_redacted(function: Callable[P, T]) -> Callable[P, T]:
    """The same function of a flow or task, whose errors hold no secret.

    Prefect keeps an error's words in its database and the whole traceback in its logs, those that led to it included.
    """

    @wraps(function)
    def run(*arguments: P.args, **keywords: P.kwargs) -> T:
        try:
            return function(*arguments, **keywords)
        except Exception as error:
            trace = "".join(traceback.format_exception(error))
            if redact(trace) == trace:
                raise
            told = _redacted(error)
        raise told  # outside of the block: what led to it is not told

    return run


def _redacted(error: Exception) -> Exception:
    from tasks.errors import FinetraceError

    if isinstance(error, FinetraceError):
        return type(error)(redact(str(error)))
    return FinetraceError(f"{type(error).__name__}: {redact(str(error))}")
