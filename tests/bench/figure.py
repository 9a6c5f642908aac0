"""One line of the benchmark's table."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """What was measured, what it was measured against, and what was asked of it."""

    part: str
    what: str
    unit: str
    ours: float
    theirs: float | None = None
    at_least: float | None = None
    """Asked of the ratio ours / theirs, or of `ours` where there is no other side."""
    at_most: float | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """For --json: rounds, facts."""

    @property
    def ratio(self) -> float | None:
        """How many times theirs."""
        return None if not self.theirs else self.ours / self.theirs

    @property
    def held(self) -> bool | None:
        """Whether what was asked is there; None if nothing was asked."""
        value = self.ours if self.theirs is None else self.ratio
        if value is None or (self.at_least is None and self.at_most is None):
            return None
        return value >= (self.at_least or value) and value <= (self.at_most or value)

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return asdict(self) | {"ratio": self.ratio, "held": self.held}


def print_figures(figures: list[Figure], console: Console) -> None:
    """The table, and the notes below it."""
    table = Table(title="finetrace bench", title_justify="left")
    for column in ("part", "what", "unit"):
        table.add_column(column)
    for column in ("ours", "theirs", "ratio", "asked"):
        table.add_column(column, justify="right")
    table.add_column("")
    previous = ""
    for figure in figures:
        if previous and figure.part != previous:
            table.add_section()
        shown = "" if figure.part == previous else figure.part
        previous = figure.part
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: ""}[figure.held]
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}×"
        theirs = "" if figure.theirs is None else _number(figure.theirs)
        row = (shown, figure.what, figure.unit, _number(figure.ours), theirs, ratio, _asked(figure), mark)
        table.add_row(*row)
    console.print(table)
    for figure in figures:
        if figure.note:
            console.print(f"[dim]{figure.part}, {figure.what}: {figure.note}[/dim]", highlight=False)


def _asked(figure: Figure) -> str:
    sign = "" if figure.theirs is None else "×"
    if figure.at_least is not None:
        return f"≥ {_number(figure.at_least)}{sign}"
    return "" if figure.at_most is None else f"≤ {_number(figure.at_most)}{sign}"


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
