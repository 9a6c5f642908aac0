"""The two secrets of the webhook, made once and kept for their owner alone."""

import base64
import secrets
from dataclasses import asdict, dataclass, field

from flows.processes.lock import make_state_folder
from tasks.errors import IntegrityError
from tasks.files import read_json, write_json
from tasks.paths import Paths


@dataclass(frozen=True)
class Keys:
    """Never shown: repr leaves them out."""

    secret: str = field(repr=False)
    """What MLflow's server signs deliveries with and the receiver checks them by."""
    encryption: str = field(repr=False)
    """What MLflow encrypts the first with in its database; with another one, no webhook at all is delivered."""


def read_keys(paths: Paths) -> Keys:
    """The workspace's keys. Raises FileNotFoundError, or IntegrityError if the file is broken."""
    file = paths.state / "webhook.json"
    try:
        found = read_json(file)
        return Keys(secret=str(found["secret"]), encryption=str(found["encryption"]))
    except (IntegrityError, KeyError, TypeError):
        raise IntegrityError(f"{file} is broken. Delete it: `finetrace up` makes another.") from None


def ensure_keys(paths: Paths) -> tuple[Keys, bool]:
    """The keys, and whether they were made just now."""
    try:
        return read_keys(paths), False
    except FileNotFoundError:
        random = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()  # the form that Fernet wants
        keys = Keys(secret=secrets.token_urlsafe(32), encryption=random)
        make_state_folder(paths)
        write_json(paths.state / "webhook.json", asdict(keys))
        (paths.state / "webhook.json").chmod(0o600)
        return keys, True
