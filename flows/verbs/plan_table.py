"""The plan as a person reads it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


def print_plan(console: Console, plan: Mapping[str, Any]) -> None:
    """Every value of the plan: the depths as a table, the rest as lines."""
    from rich.table import Table

    for key, value in plan.items():
        if key == "conflicts":
            continue
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            table = Table(*value[0], title=key)
            for row in value:
                table.add_row(*(escape(_shown(each)) for each in row.values()))
            console.print(table)
        else:
            console.print(f"[bold]{escape(key):<14}[/] {escape(_shown(value))}")
    for conflict in plan.get("conflicts", []):
        console.print(f"[yellow]![/] {escape(conflict)}")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
