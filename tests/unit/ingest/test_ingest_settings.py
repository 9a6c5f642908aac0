"""Settings that cannot go together, told before any work."""

from typing import Any

import pytest

from tasks.config import parse_config
from tasks.errors import SettingsError


def told(**settings: Any) -> str:
    base = {"id": "a/b", "revision": "0" * 40, "sha256": "0" * 64}
    with pytest.raises(SettingsError) as caught:
        parse_config({"base": base, "ingest": {"path": "a.csv"} | settings}, "params.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"text_column": "a", "label_column": "a"}, "text_column and label_column are both 'a'"),
        ({"url": "https://host/a.csv"}, "url needs sha256"),
        ({"url": "http://host/a.csv", "sha256": "0" * 64}, "url must begin with https://"),
        ({"url": "https:///a.csv", "sha256": "0" * 64}, "name a host"),
        ({"url": "https://me:secret@host/a.csv", "sha256": "0" * 64}, "url holds a user name or password"),
        ({"url": "https://host/a.csv?sig=secret", "sha256": "0" * 64}, "url holds a key, token or signature"),
        ({"url": "https://[", "sha256": "0" * 64}, "ingest"),
        ({"sha256": "ABC"}, "ingest.sha256"),
        ({"delimiter": '"'}, "ingest.delimiter"),
        ({"delimiter": ",,"}, "ingest.delimiter"),
        ({"format": "xlsx"}, "ingest.format"),
        ({"path": ""}, "ingest.path"),
        ({"extra_tests": {"test": "a/b.csv"}}, "'test' is what a side is called already"),
        ({"extra_tests": {"a b": "a/b.csv"}}, "ingest.extra_tests.a b"),
        ({"path": "a\0"}, "ingest.path"),
    ],
)
def test_a_mistake_is_told_with_its_key(settings: dict[str, Any], expected: str) -> None:
    message = told(**settings)
    assert expected in message
    assert "secret" not in message
