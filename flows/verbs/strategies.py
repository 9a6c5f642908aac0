"""`finetrace strategies`: what finetune.strategy can be, and the presets, from the classes and the base themselves."""

import inspect
import sys
from dataclasses import MISSING, fields
from typing import Any, get_args

from rich.markup import escape
from rich.table import Table

from flows.verbs.commands import print_json
from flows.verbs.preset_lines import preset_lines
from flows.verbs.terminal import make_console
from tasks.config import load_config
from tasks.errors import FinetraceError
from tasks.finetune.presets import PRESETS, preset_named
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.base import Strategy
from tasks.paths import Paths


def show_strategies(paths: Paths, *, as_json: bool) -> None:
    """Print every preset with its use, cost and paper, and every strategy with its settings and its own rate."""
    strategies = [_strategy_row(kind) for kind in get_args(get_args(AnyStrategy)[0])]
    base, presets = _preset_rows(paths)
    if as_json:
        print_json({"presets": presets, "base": base, "strategies": strategies})
        return
    console = make_console(stderr=False)
    console.print(_strategy_table(strategies))
    console.print(_preset_table(base, presets))
    console.print("The lines of one, to paste into params.yaml: finetrace strategies NAME")


def show_preset(name: str, *, as_json: bool) -> None:
    """Print a preset's lines for params.yaml. Raises SettingsError if there is no such preset."""
    lines = preset_lines(name)
    if as_json:
        print_json({"name": name, **_words(name), "settings": preset_named(name).settings, "lines": lines})
    else:
        sys.stdout.write(lines)


def _strategy_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="finetune.strategy")
    for column in ("kind", "what it is", "settings", "rate"):
        table.add_column(column, overflow="fold")
    for row in rows:
        settings = ", ".join(f"{key} {value}" for key, value in row["settings"].items())
        rate = f"{row['learning_rate']:g}" if row["learning_rate"] else "–"
        table.add_row(row["kind"], escape(row["what"]), escape(settings), rate)
    return table


def _preset_table(base: str | None, rows: list[dict[str, Any]]) -> Table:
    counted = f"; learns: the share of the parameters of {base} that may learn, the head aside" if base else ""
    table = Table(title=f"presets{counted}")
    for column in ("preset", "for", "what learns, what it costs", "learns", "paper"):
        table.add_column(column, overflow="fold")
    for row in rows:
        share = "–" if row["learning_share"] is None else f"{row['learning_share']:.2%}"
        table.add_row(row["name"], escape(row["use"]), escape(row["cost"]), share, row["paper"])
    return table


def _preset_rows(paths: Paths) -> tuple[str | None, list[dict[str, Any]]]:
    """The base that was counted on, if it is there, and each preset."""
    from tasks.finetune.shares import learning_shares
    from tasks.model.base import find_base
    from tasks.offline import set_switches

    set_switches()
    base, shares = None, {}
    try:
        chosen = load_config(paths.params).base
        shares, base = learning_shares(find_base(chosen, paths.root), PRESETS), chosen.id
    except FinetraceError:  # no workspace, or a base that is not here: the rest can still be told
        pass
    return base, [{"name": name, **_words(name), "learning_share": shares.get(name)} for name in PRESETS]


def _words(name: str) -> dict[str, str]:
    preset = preset_named(name)
    return {"use": preset.use, "cost": preset.cost, "paper": preset.paper}


def _strategy_row(strategy: type[Strategy]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(strategy) if field.default is not MISSING}  # type: ignore[arg-type]
    kind = defaults.pop("kind")
    what = " ".join((inspect.getdoc(strategy) or "").split("\n\n")[0].split())
    return {"kind": kind, "what": what, "settings": defaults, "learning_rate": strategy().learning_rate}
