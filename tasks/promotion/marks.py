"""What happened to a version, as its page in MLflow tells it: the tag `promotion`, and the first line of the text"""

import re
from datetime import datetime
from typing import Any

from tasks.lineage.chain import Entry
from tasks.lineage.readable import on_one_line
from tasks.promotion.choice import find_number
from tasks.register.description import plain
from tasks.tracking import Store

TAG = "promotion"
ASKED = ("BEING ASKED", "WAITING")
"""How it begins while nobody has answered. The audit knows these words too."""
WORDS = ("CHAMPION", "FORMER CHAMPION", "PUT BACK", "REFUSED", "REJECTED", "RECALLED", *ASKED)
"""How such a first line begins; the next takes its place, what stands below stays."""
_OLD = re.compile(rf"(?:{'|'.join(WORDS)})\b[^\n]*(?:\n\n|\Z)")
_MAX_CHARACTERS, _MAX_LINE = 4_900, 600


def marks_of(entry: Entry) -> dict[int, str]:
    """Version → what its page shall say from now on."""
    when, by = entry.time[:16].replace("T", " "), entry.by or "somebody"
    why = f": {' '.join(entry.reason.split())}" if entry.reason else ""
    said: dict[int, str] = {}
    if entry.before is not None and entry.before != entry.after:
        next_one = f"v{entry.after}" if entry.after is not None else "nothing"
        said[entry.before] = f"FORMER CHAMPION: {next_one} took its place at {when} UTC ({entry.action} by {by}){why}"
    if entry.after is not None and entry.before != entry.after:
        said[entry.after] = f"CHAMPION: kept v{entry.after} by {by} at {when} UTC ({entry.action} via {entry.via}){why}"
    if entry.action == "refuse":
        word = "PUT BACK" if entry.via in ("ui", "reconciler") else "REFUSED"
        said[entry.version] = f"{word}{why or ': no reason given'} (asked by {by} at {when} UTC)"
    if entry.action == "reject":
        said[entry.version] = f"REJECTED{why} (by {by} at {when} UTC)"
    if entry.action == "recall":
        said[entry.version] = f"RECALLED{why} (by {by} at {when} UTC)"
    return said


def asked_since(by: str, now: datetime) -> str:
    """What the page says while the gates are asked."""
    return f"{ASKED[0]} since {now:%Y-%m-%d %H:%M} UTC: by {by or 'somebody'}"


def is_being_asked(line: str) -> bool:
    """Whether a page says that the gates are being asked."""
    return line.startswith(ASKED[0])


def mark(store: Store, name: str, number: int, line: str) -> None:
    """Put the line on the version, if it still exists."""
    version = find_number(store, name, number)
    if version is None:
        return
    short = on_one_line(line)[:_MAX_LINE]
    if version.tags.get(TAG) != short:
        store.client.set_model_version_tag(name, str(number), TAG, short)
        store.client.update_model_version(name, str(number), description=with_line(version.description or "", short))


def with_line(description: str, line: str) -> str:
    """The description with this first line, in place of an earlier one of its kind."""
    below = _OLD.sub("", description, count=1) if _OLD.match(description) else description
    return f"{plain(line)}\n\n{below}".strip()[:_MAX_CHARACTERS]


def put_back(store: Store, name: str, before: Any) -> None:
    """Have the page say what it said before the gates were asked, if it still says that they are."""
    number = str(before.version)
    version = find_number(store, name, int(number))
    if version is None or not is_being_asked(version.tags.get(TAG, "")):
        return
    if TAG in before.tags:
        store.client.set_model_version_tag(name, number, TAG, before.tags[TAG])
    else:
        store.client.delete_model_version_tag(name, number, TAG)
    store.client.update_model_version(name, number, description=before.description or "")
