"""a row's id, or a text → its story: where it came from, what became of it, who learned from it"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.errors import DataError
from tasks.paths import Paths
from tasks.trace import row_places as places
from tasks.trace.contents import Contents
from tasks.trace.known_row import ROW_ID, find_row
from tasks.trace.learned import Holdings, Touch
from tasks.trace.likeness import has_text, nearest, neighbours, reads_like, same_text
from tasks.trace.scan import among
from tasks.trace.versions import Version

MOST_TOLD = 20


@dataclass(frozen=True)
class Story:
    """What is known of one row."""

    row_id: str
    text: str
    pair: str | None
    label: str
    lines: list[dict[str, Any]]
    """Each place in the raw data: file, line, quarantined, reasons (with their expectations), advice."""
    side: str | None
    """train, val, test, or None."""
    fold: int | None
    why_no_side: str
    near: list[dict[str, Any]]
    """Rows nearly the same: row_id, line, label, text, similarity."""
    parent: dict[str, Any] | None
    """What an augmented row was made of: row_id and method."""
    children: list[dict[str, Any]]
    prediction: dict[str, Any] | None
    learned: list[Touch] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What a question found."""

    matched: str
    """row id, text, text but for case and space, in versions only, or nothing."""
    stories: list[Story]
    more: int = 0
    """Rows found beside those that are told."""
    nearest: list[dict[str, Any]] = field(default_factory=list)
    """If nothing was found: the rows most alike."""
    elsewhere: list[Touch] = field(default_factory=list)
    """If the workspace has no such row: what versions have to do with it."""


def ask_why(paths: Paths, asked: str, *, raw: str, similarity: float, versions: Sequence[Version]) -> Answer:
    """The story of the row with this id, or of the rows with this text.

    raw, similarity: ingest.path and split.near_duplicate_similarity. Raises DataError if there are no rows yet.
    """
    if not paths.ingested.exists():
        raise DataError("There are no rows yet. Make them first: finetrace run --until augment")
    matched, rows, made = _find(paths, asked)
    stories = [_tell(paths, row, raw, similarity) for row in rows[:MOST_TOLD]]
    stories += [_tell_made(row) for row in made[:MOST_TOLD]]
    if not stories:
        return _look_elsewhere(paths, asked, versions)
    contents = Contents(paths)
    told = [_with_versions(contents, story, versions) for story in stories]
    return Answer(matched, told, more=max(0, len(rows) + len(made) - len(stories)))


def _find(paths: Paths, asked: str) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """How it was found, the rows of the raw data, each id once, and the augmented rows."""
    if ROW_ID.fullmatch(asked):
        rows, made = places.find_ingested(paths, among("row_id", [asked])), places.find_made(paths, [asked])
        if rows or made:
            return "row id", _once(rows), [] if rows else _once(made)
    for matched, choose in (("text", has_text(asked)), ("text but for case and space", reads_like(asked))):
        rows = places.find_ingested(paths, choose)
        if rows:
            return matched, _once(rows), []
    return "nothing", [], []


def _once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with one id are one row; where each stands is told by its lines."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        first = found.setdefault(row["row_id"], row | {"lines": []})
        first["lines"].append((row["side"], row["line"]))
    return list(found.values())


def _tell(paths: Paths, row: dict[str, Any], raw: str, similarity: float) -> Story:
    aside = places.find_in_quarantine(paths, [row["row_id"]])
    lines = lines_of(row["lines"], places.raw_files(paths, raw), aside)
    passed = any(not each["quarantined"] for each in lines)
    found = places.find_side(paths, row["row_id"]) if passed else None
    return Story(
        row_id=row["row_id"],
        text=row["text"],
        pair=row["pair"],
        label=row["label"],
        lines=lines,
        side=found["side"] if found else None,
        fold=found["fold"] if found else None,
        why_no_side=_no_side(paths, row["row_id"], passed) if found is None else "",
        near=neighbours(paths.ingested, row, similarity) if isinstance(row["text"], str) else [],
        parent=None,
        children=places.find_children(paths, row["row_id"]),
        prediction=places.find_prediction(paths, row["row_id"]),
    )


def _no_side(paths: Paths, row_id: str, passed: bool) -> str:
    return places.why_on_no_side(paths, row_id) if passed else "quarantined"


def _tell_made(row: dict[str, Any]) -> Story:
    """The story of a row that augmentation made."""
    parent = {"row_id": row["parent_id"], "method": row["method"], "line": row["line"]}
    return Story(
        row_id=row["row_id"],
        text=row["text"],
        pair=row["pair"],
        label=row["label"],
        lines=[],
        side="train",
        fold=row["fold"],
        why_no_side="",
        near=[],
        parent=parent,
        children=[],
        prediction=None,
    )


def lines_of(
    found: Sequence[tuple[str, int]], files: Mapping[str, Sequence[str]], aside: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each place of a row in the raw data, with what validation said of it there."""
    said = {(each["side"], each["line"]): each for each in aside}
    return [
        {
            "file": ", ".join(files.get(side, [])),
            "line": line,
            "quarantined": (side, line) in said,
            "reasons": said.get((side, line), {}).get("reasons", []),
            "advice": said.get((side, line), {}).get("advice"),
        }
        for side, line in found
    ]


def _with_versions(contents: Contents, story: Story, versions: Sequence[Version]) -> Story:
    same = same_text(story.text, story.pair) if isinstance(story.text, str) else None
    holdings = Holdings(contents, [story.row_id], same)
    return Story(**{**story.__dict__, "learned": [holdings.touch(each) for each in versions]})


def _look_elsewhere(paths: Paths, asked: str, versions: Sequence[Version]) -> Answer:
    """What is not in the workspace may be in the rows of a version; else, what comes nearest."""
    contents = Contents(paths)
    if ROW_ID.fullmatch(asked):
        known_row = find_row(paths, contents, versions, asked)
        holdings = Holdings(contents, [asked], known_row.same if known_row else None)
    else:
        holdings = Holdings(contents, [], has_text(asked))
    touches = [holdings.touch(each) for each in versions]
    known = any(each.how not in ("untouched", "unknown") for each in touches)
    alike = [] if known or ROW_ID.fullmatch(asked) else nearest(paths.ingested, asked)
    unknown = any(each.how == "unknown" for each in touches)
    return Answer(
        "in versions only" if known else "nothing", [], nearest=alike, elsewhere=touches if known or unknown else []
    )
