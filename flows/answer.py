"""A request to make a version the champion → judged, approved if a person has to, entered, told"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from flows.notify import notify
from flows.registry import Registry
from flows.verbs.registry_commands import facts_of
from tasks.lineage.chain import Chain
from tasks.promotion.decided import Decided
from tasks.promotion.effect import set_champion
from tasks.promotion.marks import mark
from tasks.promotion.promote import BY_HAND, Asked, Judged, decide, idle, is_requested, judge_version
from tasks.promotion.settled import deciding, settled_ledger
from tasks.tracking.store import store_lock

Approve = Callable[[Asked, Judged], dict[str, str]]
"""Asks a person; decision, approver and reason."""


def answer(registry: Registry, asked: Asked, approve: Approve) -> tuple[Judged, Decided]:
    """What the gates say and what came of it.

    A request by hand that nobody makes any more, since it was answered or taken back, changes nothing: so repeats, and
    the echo of our own alias, end here.
    """
    with _one_at_a_time(registry, asked):
        begun = settled_ledger(registry.store, registry.paths, registry.name).chain
        nothing = idle(registry.store, registry.name, asked, begun)
        if nothing is not None:
            return Judged([], {}), nothing
        judged = judge_version(registry.store, registry.paths, registry.config, begun, asked.version)
        if not judged.passed or not registry.config.promote.approval:
            return _decide(registry, asked, judged, begun)
        _wait(registry, asked, begun)
    line = f"v{asked.version} of {registry.name} passed every gate and waits for approval in Prefect."
    notify(registry.config.notify, "approval", line, {"version": asked.version, "by": asked.by, "reason": asked.reason})
    approved = replace(asked, approval=approve(asked, judged))
    if approved.approval.get("decision") == "approve":  # hours may have passed: what is there now?
        judged = judge_version(registry.store, registry.paths, registry.config, begun, asked.version)
    return _decide(registry, approved, judged, begun)


def _decide(registry: Registry, asked: Asked, judged: Judged, begun: Chain) -> tuple[Judged, Decided]:
    decided = decide(registry.store, registry.paths, registry.name, asked, judged, begun)
    if decided.what != "unchanged":
        notify(registry.config.notify, decided.what, decided.line, facts_of(decided))
    return judged, decided


def _wait(registry: Registry, asked: Asked, begun: Chain) -> None:
    """While a person thinks, the champion stays who it was."""
    with deciding(registry.paths):
        if is_requested(registry.store, registry.name, asked.version):
            set_champion(registry.store, registry.name, begun.champion)
        line = f"WAITING for approval in Prefect: asked by {asked.by}, every gate passed"
        mark(registry.store, registry.name, asked.version, line)


@contextmanager
def _one_at_a_time(registry: Registry, asked: Asked) -> Iterator[None]:
    """The webhook and the reconciler may bring the same request: the second waits, and finds it answered."""
    if asked.via not in BY_HAND:
        yield
        return
    with store_lock(registry.paths, "request"):
        yield
