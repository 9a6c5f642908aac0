"""Whether a store can be used at all, found out within seconds and told in one line."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tasks.errors import SetupError
from tasks.full_disk import find_full_disk, full_disk
from tasks.masking import mask_url

_CONNECT_SECONDS = 3.0


def database(uri: str) -> Path | None:
    """The file behind a sqlite address; None for other kinds of store."""
    return Path(uri.removeprefix("sqlite:///").split("?")[0]).resolve() if uri.startswith("sqlite:///") else None


@contextmanager
def reporting(uri: str) -> Iterator[None]:
    """Whatever goes wrong with the store within the block is told as one SetupError."""
    try:
        yield
    except trouble() as error:
        raise unusable(uri, error) from error


def unusable(uri: str, error: Exception) -> SetupError:
    """What a person is told of a store that cannot be used."""
    if words := find_full_disk(error):
        return full_disk(words)
    first = mask_url(next(iter(str(error).splitlines()), type(error).__name__))
    return SetupError(
        f"The MLflow store {mask_url(uri)} cannot be used: {first.rstrip('.')}. Start its server or mend "
        "MLFLOW_TRACKING_URI, then run again: what was trained is kept."
    )


def trouble() -> tuple[type[Exception], ...]:
    """The kinds of error that a store gives which is unreachable or broken."""
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    return MlflowException, sqlalchemy.exc.SQLAlchemyError


def writing_trouble() -> tuple[type[Exception], ...]:
    """The same, and what a full or read-only disk beneath the artifacts gives."""
    return (*trouble(), OSError)


def check_reachable(uri: str) -> None:
    """Fail at once where MLflow would retry for minutes; a new SQLite file is made readable to its owner alone."""
    try:
        _try_out(uri)
    except (OSError, sqlite3.Error) as error:
        raise unusable(uri, error) from error


def _try_out(uri: str) -> None:
    file = database(uri)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version")
            connection.execute("SELECT count(*) FROM sqlite_master")
    elif uri.startswith(("http://", "https://")):
        parts = urlsplit(uri)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=_CONNECT_SECONDS).close()
