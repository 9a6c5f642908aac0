"""Text → the same text without secrets."""

import os
import re

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
