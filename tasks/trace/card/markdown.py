"""values → Markdown that says where each comes from, and does nothing else"""

from collections.abc import Iterable, Sequence
from typing import Any

from tasks.report.cells import safe_text

STATEMENT = "statement"


def code(value: Any, most: int = 200) -> str:
    """A text in a code span: whatever a person wrote into the data is shown, and nothing of it is obeyed."""
    plain = safe_text(value, most).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain.strip() else "(empty)"


def amount(value: Any) -> str:
    """A number exactly as the evidence has it."""
    if value is None:
        return "–"
    return code(value) if isinstance(value, str) else str(value)


def source(where: str, key: str) -> str:
    """Where a value comes from: the file, as the last table of the card names it, and the key in it."""
    return code(f"{where}: {key}")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, or a line that there is nothing to show."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ["Nothing.", ""]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""]


def interval(measured: Any) -> str:
    """low to high of a measurement."""
    low, high = measured.get("low"), measured.get("high")
    return "–" if low is None or high is None else f"{amount(low)} to {amount(high)}"
