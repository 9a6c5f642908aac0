"""Where the rows went: read, quarantined, dealt to sides, augmented"""

from dataclasses import dataclass
from typing import Any

from tasks.report.run_facts import RunFacts


@dataclass(frozen=True)
class Step:
    """One bar of the funnel. share: of the widest bar. parts: names and rows that it falls into."""

    name: str
    rows: int
    share: float = 1.0
    note: str = ""
    parts: tuple[tuple[str, int], ...] = ()


def funnel(facts: RunFacts) -> list[Step]:
    """The steps that the stages have reported, in order."""
    found = [_read(facts.ingest), _kept(facts.validate), _dealt(facts.split), _augmented(facts.augment)]
    steps = [step for step in found if step is not None]
    widest = max((step.rows for step in steps), default=0) or 1
    return [Step(step.name, step.rows, step.rows / widest, step.note, step.parts) for step in steps]


def data_identity(facts: RunFacts) -> dict[str, Any]:
    """What the rows were read from: name and sha256 of the first file, (name, sha256) of all, and the valid rows."""
    sources = facts.ingest.get("sources") or [{}]
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    kept = _kept(facts.validate)
    return {
        "name": f"{sources[0].get('name', '')}{more}",
        "sha256": sources[0].get("sha256"),
        "files": [(str(each.get("name", "")), each["sha256"]) for each in sources if each.get("sha256")],
        "valid": kept.rows if kept else None,
    }


def _read(ingest: dict[str, Any]) -> Step | None:
    rows = ingest.get("rows")
    if not isinstance(rows, int):
        return None
    names = ", ".join(str(each.get("name", "")) for each in ingest.get("sources", [])[:4])
    return Step("rows read", rows, note=names)


def _kept(validate: dict[str, Any]) -> Step | None:
    kept = _first(validate, "rows_out")
    if kept is None:
        return None
    lost = _first(validate, "quarantined")
    note = f"{lost} quarantined" if lost is not None else ""
    return Step(
        "rows valid", kept, note=note, parts=tuple(sorted(_parts(validate.get("reasons")), key=lambda part: -part[1]))
    )


def _dealt(split: dict[str, Any]) -> Step | None:
    rows = split.get("rows")
    sides = _parts({side: rows.get(side) for side in ("train", "val", "test")}) if isinstance(rows, dict) else ()
    if not sides:
        return None
    aside = _first(split, "set_aside") or 0
    notes = []
    for side in ("test", "val"):
        repeats = sum(count for _, count in _parts(split.get(f"removed_repeats_of_{side}")))
        notes += [f"{repeats} removed for repeating a {side} row"] * bool(repeats)
    dealt = _first(split.get("dealt_for_minimums", {}), "rows") or 0
    notes += [f"{dealt} dealt so that each side has some of each label"] * bool(dealt)
    notes += [f"{aside} set aside, near to rows of several sides"] * bool(aside)
    return Step("rows dealt to sides", sum(count for _, count in sides), note=", ".join(notes), parts=sides)


def leaks(split: dict[str, Any]) -> dict[str, int]:
    """Pairs of texts on different sides by how alike they are; empty if nobody looked."""
    return dict(_parts(split.get("leaks")))


def _augmented(augment: dict[str, Any]) -> Step | None:
    rows = _first(augment, "rows", "rows_out")
    if rows is None:
        return None
    made = _first(augment, "added", "made", "rows_added")
    return Step(
        "train rows after augmenting", rows, note=f"{made} made" if made else "", parts=_parts(augment.get("methods"))
    )


def _first(report: dict[str, Any], *keys: str) -> int | None:
    return next((report[key] for key in keys if isinstance(report.get(key), int)), None)


def _parts(counts: Any) -> tuple[tuple[str, int], ...]:
    if not isinstance(counts, dict):
        return ()
    return tuple((str(name), rows) for name, rows in counts.items() if isinstance(rows, int))
