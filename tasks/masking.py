"""values and texts → the same without the secrets in them"""

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
_SENSITIVE = (
    r"(?:api[_-]?key|access[_-]?key|private[_-]?key|secret|password|passwd|passphrase|credentials?"
    r"|(?<![A-Za-z])token(?![A-Za-z]))"
)
_SENSITIVE_KEY = re.compile(_SENSITIVE, re.IGNORECASE)
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'\"]+@")
_QUERY = re.compile(
    r"([?&][\w.-]*(?:key|token|secret|password|signature|credential|sig)[\w.-]*=)[^&\s'\"]+", re.IGNORECASE
)
_ASSIGNED = re.compile(
    rf"(?P<key>[\w.-]*{_SENSITIVE}[\w.-]*[\"']?\s*[:=]\s*)(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,;#\"'}}\])]+)",
    re.IGNORECASE,
)


def mask_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same nested values; a text under a key named like a secret becomes ***, a URL loses its credentials.

    Numbers stay: `token_budget: 4096` is no secret.
    """
    return {key: _mask(key, value) for key, value in values.items()}


def mask_url(url: str) -> str:
    """The URL without user, password and signed query values."""
    return _QUERY.sub(rf"\1{MASK}", _USER.sub(rf"\1{MASK}@", url))


def mask_text(text: str) -> str:
    """A text (YAML, a diff, a log) with the values assigned to names like secrets, and URLs' credentials, masked."""
    return _ASSIGNED.sub(_mask_assigned, mask_url(text))


def _mask(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return mask_values(value)
    if isinstance(value, list | tuple):
        return [_mask(key, each) for each in value]
    if not isinstance(value, str):
        return value
    return MASK if value and _SENSITIVE_KEY.search(key) else mask_url(value)


def _mask_assigned(match: re.Match[str]) -> str:
    value = match["value"]
    plain = value.strip("\"'")
    if re.fullmatch(r"[\d_.eE+-]+|null|None|true|false|True|False|~|\*+|", plain):
        return match[0]
    return match["key"] + value.replace(plain, MASK)
