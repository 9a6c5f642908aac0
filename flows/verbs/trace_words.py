"""What the tracing commands print: texts of people made harmless, and lists that stay short"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.markup import escape

from tasks.paths import Paths


def shown(text: Any, most: int = 120) -> str:
    """A text as a terminal may show it: no control characters, no markup, cut."""
    plain = "".join(each if each.isprintable() else "�" for each in str(text))
    return escape(plain if len(plain) <= most else f"{plain[:most]}…")


def listed(values: list[Any], most: int = 10) -> str:
    """The first values and how many more there are."""
    more = f" and {len(values) - most:,} more" if len(values) > most else ""
    return shown(", ".join(str(each) for each in values[:most]), 2_000) + more


@contextmanager
def opened_store(paths: Paths) -> Iterator[Any]:
    """The store, None if none was made yet; what is wrong with it is told in one line."""
    from tasks.tracking.store import database, open_store, registry_uri, reporting

    file = database(registry_uri(paths))
    if file is not None and not file.exists():
        yield None
        return
    store = open_store(paths)
    with reporting(store.registry_uri):
        yield store
