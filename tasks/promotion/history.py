"""The ledger → rows for a table"""

from typing import Any

from tasks.lineage.chain import Chain, Entry

COLUMNS = ("entry", "time", "action", "version", "before", "after", "by", "via", "reason", "counts", "evidence")


def history_rows(chain: Chain, limit: int | None = None) -> list[dict[str, Any]]:
    """Every entry, the newest first; those that lost a race stand after the one that won it."""
    known = [(entry, True) for entry in chain.entries] + [(entry, False) for entry in chain.void]
    ordered = sorted(known, key=lambda each: (each[0].seq, each[1]), reverse=True)
    return [_row(entry, counts) for entry, counts in ordered[:limit]]


def _row(entry: Entry, counts: bool) -> dict[str, Any]:
    values = (
        entry.seq,
        entry.time,
        entry.action,
        entry.version,
        entry.before,
        entry.after,
        entry.by,
        entry.via,
        entry.reason,
        counts,
        dict(entry.evidence),
    )
    return dict(zip(COLUMNS, values, strict=True))
