"""`finetrace diff`: what differs between two versions, printed"""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from flows.verbs.trace_words import opened_store, shown
from tasks.config import load_config
from tasks.errors import DataError
from tasks.paths import Paths

_MOST_LISTED = 40
_WIDE = 1_000


def show_diff(paths: Paths, first: str, second: str, *, predict: bool, as_json: bool) -> None:
    """Print everything that differs between two versions."""
    config = load_config(paths.params)
    with opened_store(paths) as store:
        if store is None:
            raise DataError("No version is registered here yet: there is nothing to compare.")
        from tasks.trace.difference import compare_versions
        from tasks.trace.versions import read_version

        name = config.register.name
        versions = [read_version(store, name, address) for address in (first, second)]
        found = compare_versions(store, paths, *versions, predict=predict)
    if as_json:
        print_json(as_values(found))
        return
    console = make_console(stderr=False)
    console.print(f"[bold]{shown(found.first.shown)} → {shown(found.second.shown)}[/]")
    for part in (_print_data, _print_settings, _print_code, _print_packages, _print_metrics, _print_predictions):
        part(console, found)


def as_values(found: Any) -> dict[str, Any]:
    """The same as plain values."""
    versions = [
        {"model": each.name, "version": each.number, "aliases": list(each.aliases), "statement": each.known().digest}
        for each in (found.first, found.second)
    ]
    metrics = [asdict(each) | {"delta": each.delta, "intervals_part": each.intervals_part} for each in found.metrics]
    return {
        "versions": versions,
        "files": [asdict(each) for each in found.files],
        "rows": asdict(found.rows),
        "settings": [asdict(each) for each in found.settings],
        "code": asdict(found.code),
        "packages": None if found.packages is None else [asdict(each) for each in found.packages],
        "metrics": metrics,
        "same_test": found.same_test,
        "predictions": asdict(found.predictions) if found.predictions else None,
        "why_no_predictions": found.why_no_predictions,
    }


def _print_data(console: Console, found: Any) -> None:
    console.print("\n[bold]Data[/]")
    _print_changes(console, [each for each in found.files if not each.name.startswith("data/reports/")], "file", 12)
    for side, change in found.rows.sides.items():
        made = f", of augmentation {change.made[0]:,} → {change.made[1]:,}" if any(change.made) else ""
        made += ": the same rows; only their lines or order moved" if change.is_moved else ""
        moved = f"{change.added:,} added, {change.removed:,} removed"
        console.print(f"  {side:<6} {change.rows[0]:,} → {change.rows[1]:,} rows: {moved}{made}")
        for sign, rows in (("+", change.examples_added), ("−", change.examples_removed)):
            for row in rows:
                console.print(f"         {sign} {row['row_id']}  {shown(row['label'])}: {shown(row['text'], 80)}")
    for way, count in found.rows.moved.items():
        console.print(f"  moved {way}: {count:,} rows")
    if found.rows.relabelled_count:
        console.print(f"  texts with another label: {found.rows.relabelled_count:,}")
    for row in found.rows.relabelled:
        console.print(f"         {shown(row['before'])} → {shown(row['after'])}: {shown(row['text'], 80)}")
    for lost in found.rows.lost:
        console.print(f"  [yellow]?[/] not reachable: {shown(lost, 200)}")


def _print_settings(console: Console, found: Any) -> None:
    console.print("\n[bold]Settings[/]")
    _print_changes(console, found.settings, "setting", 60)


def _print_code(console: Console, found: Any) -> None:
    console.print("\n[bold]Code[/]")
    code = found.code
    names = [
        (commit[:10] or "not in git") + (" with changes" if patch else "")
        for commit, patch in zip(code.commits, code.patches, strict=True)
    ]
    console.print("  the same" if code.is_same else f"  {shown(names[0])} → {shown(names[1])}")
    if code.patches[0] != code.patches[1]:
        console.print("  what was changed since the commit differs (dirty.diff beside each statement)")
    for line in code.stat:
        console.print(f"  {shown(line)}")
    if code.why:
        console.print(f"  [yellow]?[/] {shown(code.why)}")


def _print_packages(console: Console, found: Any) -> None:
    console.print("\n[bold]Packages[/]")
    if found.packages is None:
        console.print("  [yellow]?[/] a bill of materials (sbom.cdx.json) is missing")
        return
    _print_changes(console, found.packages, "package", 40)


def _print_metrics(console: Console, found: Any) -> None:
    on = "on the same test rows" if found.same_test else "on different test rows, so that they compare loosely"
    console.print(f"\n[bold]Metrics[/] ({on})")
    # a console that wraps nothing still cuts a table to its width: what is piped gets the width that it needs
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for name in ("  metric", "first", "second", "change", "intervals"):
        table.add_column(name, no_wrap=not console.is_terminal, overflow="fold")
    for each in found.metrics:
        delta = "–" if each.delta is None else f"{each.delta:+.4f}"
        told = {True: "apart", False: "overlap", None: ""}[each.intervals_part]
        table.add_row(f"  {shown(each.name)}", _interval(each.before), _interval(each.after), delta, told)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def _print_predictions(console: Console, found: Any) -> None:
    console.print("\n[bold]Predictions[/]")
    changes = found.predictions
    if changes is None:
        console.print(f"  [yellow]?[/] {shown(found.why_no_predictions, 200)}")
        return
    told = f"{changes.fixed:,} fixed, {changes.broken:,} broken, {changes.otherwise:,} wrong in another way"
    console.print(f"  of {changes.rows:,} common test rows: {told}")
    for row in changes.examples:
        mark = "[green]✓[/]" if row["better"] else "[red]✗[/]"
        way = f"{shown(row['before'])} → {shown(row['after'])} (label {shown(row['label'])})"
        console.print(f"  {mark} {way}: {shown(row['text'], 80)}")


def _print_changes(console: Console, changes: list[Any], what: str, short: int) -> None:
    for each in changes[:_MOST_LISTED]:
        before, after = ("–" if value is None else shown(value, short) for value in (each.before, each.after))
        console.print(f"  {shown(each.name)}: {before} → {after}")
    if len(changes) > _MOST_LISTED:
        console.print(f"  … and {len(changes) - _MOST_LISTED:,} more (--json lists all)")
    if not changes:
        console.print(f"  no {what} differs")


def _interval(measured: Any) -> str:
    if not measured or measured.get("value") is None:
        return "–"
    low, high = measured.get("low"), measured.get("high")
    span = "" if low is None or high is None else f" \\[{low:.3f}, {high:.3f}]"
    return f"{measured['value']:.3f}{span}"
