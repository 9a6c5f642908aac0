"""rows, and a version's statement → what the version has to do with them"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tasks.lineage.statement import Statement
from tasks.trace.contents import Contents
from tasks.trace.scan import Choose, among, chosen, either
from tasks.trace.versions import Version

How = Literal["learned", "chosen by", "measured on", "untouched", "unknown"]
PARTS = ("training", "validation", "testing")
_DECIDES: dict[How, str] = dict(zip(("learned", "chosen by", "measured on"), PARTS, strict=True))
_MOST_NAMED = 3
_WORDS: dict[How, str] = {
    "learned": "learned from it",
    "chosen by": "was chosen by it: its epoch and its temperature come from the val rows",
    "measured on": "was measured on it, and did not learn from it",
    "untouched": "has nothing to do with it",
    "unknown": "cannot be told",
}


@dataclass(frozen=True)
class Touch:
    """What a version has to do with rows, or with a data set."""

    version: Version
    how: How
    why: str = ""
    """What could not be looked at, or where or as what the rows were found."""
    others: tuple[str, ...] = ()
    """Ids under which it has the same text with another label."""

    @property
    def is_touched(self) -> bool:
        """Whether the rows shaped the model."""
        return self.how in ("learned", "chosen by")

    @property
    def words(self) -> str:
        """The same for people."""
        return f"{_WORDS[self.how]}{f' ({self.why})' if self.why else ''}"


def touch(version: Version, holds: Callable[[str], bool | None]) -> Touch:
    """What a version has to do with rows; holds: part → whether they are in it, None if nobody can tell."""
    if version.statement is None:
        return Touch(version, "unknown", version.why)
    found = {part: holds(part) for part in PARTS}
    how = judge(found)
    lost = [part for part in PARTS[:2] if found[part] is None] if how == "unknown" else []
    return Touch(version, how, "; ".join(_lost(version.statement, part) for part in lost))


def judge(found: Mapping[str, bool | None]) -> How:
    """Part → whether the rows are in it, None for unknown → what that makes of the version. Test rows shape no model,
    so that it does not matter if they are unknown."""
    if found["training"]:
        return "learned"
    if found["validation"]:
        return "chosen by"
    if found["training"] is None or found["validation"] is None:
        return "unknown"
    return "measured on" if found["testing"] else "untouched"


@dataclass(frozen=True)
class Held:
    """What a file has of the rows that are asked for."""

    is_there: bool | None
    """None if the file cannot be looked at."""
    has_id: bool = False
    """Whether by one of the ids, its own or its parent's."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Rows that only have the same text: id → label."""

    @property
    def words(self) -> str:
        """Under what other ids it has the text."""
        told = [f"as {row_id}, labelled {label}" for row_id, label in list(self.labels.items())[:_MOST_NAMED]]
        return ("also " if told and self.has_id else "") + " and ".join(told)


class Holdings:
    """Whether data files hold the rows of a question; each file is read once, whatever number of versions share it."""

    def __init__(self, contents: Contents, ids: Sequence[str] = (), text: Choose | None = None) -> None:
        """ids: the rows by id. text: or rows by their text, whatever their id is."""
        self._contents = contents
        self._ids, self._text = list(ids), text
        self._known: dict[str, Held] = {}
        self.found: set[str] = set()
        """Ids of the rows that were found."""

    def touch(self, version: Version) -> Touch:
        """What a version has to do with the rows."""
        found = touch(version, lambda part: self._holds(version.known(), part).is_there)
        part = _DECIDES.get(found.how)
        if part is None or not self._ids:
            return found
        held = self._holds(version.known(), part)
        return replace(found, why=held.words, others=tuple(held.labels))

    def _holds(self, statement: Statement, part: str) -> Held:
        name, md5 = data_file(statement, part)
        if md5 not in self._known:
            self._known[md5] = self._look(name, md5, has_parents=part == "training")
        return self._known[md5]

    def _look(self, name: str, md5: str, *, has_parents: bool) -> Held:
        file = self._contents.find(name, md5)
        if file is None:
            return Held(None)
        by_text = ["text", "pair", "label"] if self._text else []
        columns = ["row_id", *(["parent_id"] if has_parents else []), *by_text]
        asked = [among(each, self._ids) for each in columns if each.endswith("_id")]
        rows = list(chosen(file, columns, either(*asked, *([self._text] if self._text else []))))
        own = {str(row["row_id"]) for row in rows if {row["row_id"], row.get("parent_id")} & set(self._ids)}
        others = {str(row["row_id"]): str(row.get("label")) for row in rows if row["row_id"] not in own}
        self.found |= {*own, *others}
        return Held(bool(rows), bool(own), others)


def data_file(statement: Statement, part: str) -> tuple[str, str]:
    """Name and md5 of the rows for training, validation or testing; ("", "") if the statement names none."""
    for name, each in statement.materials.items():
        if each.get("annotations", {}).get("context") == part:
            return name, str(each["digest"].get("md5", ""))
    return "", ""


def _lost(statement: Statement, part: str) -> str:
    name, md5 = data_file(statement, part)
    if not md5:
        return f"its statement names no rows for {part}"
    at = f" at commit {statement.commit[:10]}" if statement.commit else ""
    return f"{name} with md5 {md5} is not reachable here; bring it back: dvc fetch{at}"
