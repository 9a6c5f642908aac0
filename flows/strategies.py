"""`finetrace strategies`: what finetune.strategy can be, from the classes themselves."""

import inspect
from dataclasses import MISSING, fields
from typing import Any, get_args

from rich.markup import escape
from rich.table import Table

from flows.commands import print_json
from flows.terminal import make_console
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.base import Strategy


def show_strategies(*, as_json: bool) -> None:
    """Print every strategy: its kind, what it is, its settings with their defaults, its own rate."""
    rows = [_row(kind) for kind in get_args(get_args(AnyStrategy)[0])]
    if as_json:
        print_json({"strategies": rows})
        return
    table = Table(title="finetune.strategy")
    for column in ("kind", "what it is", "settings", "rate"):
        table.add_column(column, overflow="fold")
    for row in rows:
        settings = ", ".join(f"{key} {value}" for key, value in row["settings"].items())
        rate = f"{row['learning_rate']:g}" if row["learning_rate"] else "–"
        table.add_row(row["kind"], escape(row["what"]), escape(settings), rate)
    make_console(stderr=False).print(table)


def _row(strategy: type[Strategy]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(strategy) if field.default is not MISSING}  # type: ignore[arg-type]
    kind = defaults.pop("kind")
    what = " ".join((inspect.getdoc(strategy) or "").split("\n\n")[0].split())
    return {"kind": kind, "what": what, "settings": defaults, "learning_rate": strategy().learning_rate}
