"""The head of a ledger that this workspace saw last: by it a ledger shows that was cut short"""

from pathlib import Path
from threading import Lock

from tasks.digest import sha256_of_text
from tasks.errors import IntegrityError
from tasks.files import make_folder, read_json, write_json
from tasks.lineage.chain import EMPTY, Head
from tasks.paths import Paths
from tasks.tracking.store import Store

_remembering = Lock()
"""A file is replaced by one thread of a process at a time."""


def forget(store: Store, paths: Paths, name: str) -> None:
    """Begin anew."""
    _file(store, paths, name).unlink(missing_ok=True)


def _file(store: Store, paths: Paths, name: str) -> Path:
    return paths.state / "ledger" / f"{name}-{sha256_of_text(store.registry_uri)[:12]}.json"


def seen_head(store: Store, paths: Paths, name: str) -> Head:
    """The head that was seen last; EMPTY if none was. Raises IntegrityError if the note is broken."""
    file = _file(store, paths, name)
    if not file.exists():
        return EMPTY
    noted = read_json(file)
    try:
        return Head(int(noted["seq"]), str(noted["digest"]))
    except (KeyError, TypeError, ValueError):
        raise IntegrityError(
            f"{file} is broken: it should name the ledger's end as it was seen last. Remove it."
        ) from None


def remember(store: Store, paths: Paths, name: str, head: Head) -> None:
    """Note a head, unless a later one is noted."""
    file = _file(store, paths, name)
    with _remembering:
        if head.seq > seen_head(store, paths, name).seq:
            make_folder(file.parent)
            write_json(file, {"seq": head.seq, "digest": head.digest})
