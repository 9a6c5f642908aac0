"""`finetrace promote`: what the command line does and prints"""

import os
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from flows.notify import notify
from flows.redact import redact
from flows.registry import Registry, check_reason, open_registry
from flows.serving.server import configured_url, running_url
from flows.verbs.commands import print_json
from flows.verbs.registry_commands import facts_of
from flows.verbs.terminal import make_console
from tasks.errors import GateError, SettingsError, SetupError
from tasks.lineage.chain import Chain
from tasks.paths import Paths
from tasks.promotion.decided import Decided
from tasks.promotion.promote import Asked, Judged, decide, idle, judge_version
from tasks.promotion.settled import check_expected, settled_ledger
from tasks.register.rules import Outcome

_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "–"}


def promote_one(
    paths: Paths, version: str, *, to: str, reason: str, by: str, expect: int | None, as_json: bool
) -> None:
    """Promote, print what the gates said. Raises GateError if they refuse, and whatever else stands in the way."""
    if to != "champion":
        raise SettingsError(f"--to {to}: only champion is promoted to; challenger is the newest version that passed.")
    judged, decided = promote_version(paths, version, reason=reason, by=by, expect=expect)
    if isinstance(decided, Decided):
        show(judged, decided, as_json=as_json)
        raise_if_refused(judged, decided)
    elif as_json:
        print_json(decided)
    else:
        make_console(stderr=False).print(escape(redact(decided["line"])))


def promote_version(
    paths: Paths, version: str, *, reason: str, by: str = "", expect: int | None = None
) -> tuple[Judged, Decided | dict[str, Any]]:
    """What the gates said and what came of it: as plain values where a person had to approve.

    Raises SettingsError, SetupError, ChampionMovedError; a refusal is returned, but raised where approval is on.
    """
    with open_registry(paths) as registry:
        reason = check_reason(reason)
        begun = settled_ledger(registry.store, paths, registry.name).chain
        check_expected(begun, expect, registry.name)
        number = registry.number_of(version)
        asked = Asked(number, registry.actor(by), "cli", reason)
        nothing = idle(registry.store, registry.name, asked, begun)
        if nothing is None and registry.config.promote.approval:
            return Judged([], {}), _with_approval(paths, number, reason, asked.by)
        return (Judged([], {}), nothing) if nothing else _judge_and_decide(registry, asked, begun)


def _judge_and_decide(registry: Registry, asked: Asked, begun: Chain) -> tuple[Judged, Decided]:
    judged = judge_version(registry.store, registry.paths, registry.config, begun, asked.version)
    decided = decide(registry.store, registry.paths, registry.name, asked, judged, begun)
    if decided.what != "unchanged":
        notify(registry.config.notify, decided.what, decided.line, facts_of(decided))
    return judged, decided


def show(judged: Judged, decided: Decided, *, as_json: bool) -> None:
    """The outcome of every rule, and what came of it."""
    if as_json:
        print_json(outcome_values(judged, decided))
        return
    console = make_console(stderr=False)
    print_outcomes(console, judged.outcomes)
    if decided.what != "refused":
        console.print(escape(redact(decided.line)))


def outcome_values(judged: Judged, decided: Decided | dict[str, Any]) -> dict[str, Any]:
    """The same as plain values."""
    facts = decided if isinstance(decided, dict) else facts_of(decided)
    return facts | {"rules": [vars(each) for each in judged.outcomes]}


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A line for each rule."""
    width = max((len(each.name) for each in outcomes), default=0)
    for each in outcomes:
        console.print(f"{_MARKS[each.passed]} {escape(each.name):<{width}}  {escape(redact(each.why))}")


def raise_if_refused(judged: Judged, decided: Decided) -> None:
    """A refusal is told by the exit code too: 5 for bytes that are not those registered, else 3."""
    if decided.what != "refused":
        return
    if judged.broken is not None:
        raise judged.broken
    raise GateError(decided.line)


def _with_approval(paths: Paths, number: int, reason: str, by: str) -> dict[str, Any]:
    """Run the flow, which waits for a person in Prefect's pages. Raises SetupError if nobody serves any."""
    from flows.run import flow_session

    if configured_url(os.environ) is None and running_url(paths) is None:
        raise SetupError(
            "promote.approval is on in params.yaml, and the page where a person approves is not served. "
            "Start it (finetrace up), then promote again."
        )
    with flow_session(paths):
        from flows.promote import promote  # late: imports Prefect, which reads its settings then

        make_console(stderr=True).print("Waiting for approval in Prefect's pages, if the gates agree …")
        answered: dict[str, Any] = promote(workspace=str(paths.root), version=number, reason=reason, by=by, via="cli")
    return answered
