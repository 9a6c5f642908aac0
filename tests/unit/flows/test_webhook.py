"""One webhook of ours in MLflow, whatever was there; its secrets are kept and never shown."""

import sqlite3
from typing import Any

import pytest

from flows.serving.secret_keys import ensure_keys, read_keys
from flows.serving.webhook import EVENTS, drop_unreadable, fingerprint, server_environment, sort_out, webhook_name
from tasks.errors import IntegrityError
from tasks.paths import Paths

WANTED = {"name": "ours", "url": "http://127.0.0.1:5010/mlflow", "mark": "key 1"}


def _webhook(number: int, **other: Any) -> dict[str, Any]:
    right = {"name": "ours", "url": WANTED["url"], "description": "key 1", "status": "ACTIVE", "events": EVENTS}
    return {"webhook_id": f"id{number}", **right, **other}


def test_right_webhook_is_kept_and_its_double_goes() -> None:
    assert sort_out([_webhook(1), _webhook(2)], **WANTED) == (["id2"], True)


@pytest.mark.parametrize(
    "other",
    [
        {"url": "http://127.0.0.1:4/mlflow"},
        {"description": "key 2"},
        {"status": "DISABLED"},
        {"events": EVENTS[:1]},
    ],
    ids=["dead port", "another secret", "switched off", "fewer events"],
)
def test_webhook_of_ours_that_is_not_right_is_replaced(other: dict[str, Any]) -> None:
    assert sort_out([_webhook(1, **other)], **WANTED) == (["id1"], False)


def test_webhooks_of_others_are_left_alone() -> None:
    assert sort_out([_webhook(1, name="theirs", url="https://example.org")], **WANTED) == ([], False)


def test_keys_are_made_once_for_their_owner_alone_and_do_not_show(paths: Paths) -> None:
    keys, are_new = ensure_keys(paths)
    assert (ensure_keys(paths), are_new) == ((keys, False), True)
    assert (paths.state / "webhook.json").stat().st_mode & 0o777 == 0o600
    shown = f"{keys!r} {fingerprint(keys)}"
    assert keys.secret not in shown
    assert keys.encryption not in shown


def test_mlflow_takes_the_encryption_key(paths: Paths) -> None:
    from cryptography.fernet import Fernet

    Fernet(server_environment(ensure_keys(paths)[0])["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"])


@pytest.mark.parametrize("content", ["{}", "[]", "{ broken"])
def test_broken_keys_are_told(paths: Paths, content: str) -> None:
    ensure_keys(paths)
    (paths.state / "webhook.json").write_text(content)
    with pytest.raises(IntegrityError, match="Delete it"):
        read_keys(paths)


def test_webhook_whose_key_was_lost_is_deleted_and_no_other(paths: Paths) -> None:
    database = paths.root / "mlflow.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE webhooks (webhook_id TEXT, name TEXT)")
        connection.execute("CREATE TABLE webhook_events (webhook_id TEXT)")
        rows = [("1", webhook_name(paths)), ("2", "theirs")]
        connection.executemany("INSERT INTO webhooks VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO webhook_events VALUES (?)", [("1",), ("2",)])
    connection.close()
    drop_unreadable(database, paths)
    with sqlite3.connect(database) as connection:
        left = connection.execute("SELECT webhook_id FROM webhooks UNION ALL SELECT webhook_id FROM webhook_events")
        assert left.fetchall() == [("2",), ("2",)]
    connection.close()
