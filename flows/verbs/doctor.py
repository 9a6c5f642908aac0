"""Is everything here that a run needs, and does it fit together?"""

from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module

from rich.markup import escape

from flows.verbs.checks import Check
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.errors import SetupError
from tasks.offline import set_switches
from tasks.paths import Paths

CHECKS = ("versions", "workspace", "tools")
"""Modules of flows.verbs.checks, each with `run(paths)`, in the order they are shown."""
MARKS = {"ok": "[green]✓[/]", "warn": "[yellow]![/]", "fail": "[red]✗[/]"}


def show_checks(paths: Paths, *, as_json: bool) -> None:
    """Print every check. Raises SetupError if one failed."""
    set_switches()
    console, found = make_console(stderr=as_json), []
    for check in run_checks(paths):
        found.append(check)
        mend = f"\n    {escape(check.mend)}" if check.mend else ""
        console.print(f"{MARKS[check.level]} {escape(check.name):<16} {escape(check.says)}{mend}")
    if as_json:
        print_json([asdict(check) for check in found])
    failed = [check.name for check in found if check.level == "fail"]
    if failed:
        raise SetupError(f"{', '.join(failed)}: mend what is marked ✗ above, then run `finetrace doctor` again.")


def run_checks(paths: Paths) -> Iterator[Check]:
    """Every check, as it is done."""
    for name in CHECKS:
        yield from import_module(f"flows.verbs.checks.{name}").run(paths)
