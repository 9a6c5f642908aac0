"""A request to make a version the champion → judged, approved if a person has to, entered, told"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from filelock import Timeout

from flows.approval import page_of_run
from flows.notify import notify
from flows.registry import Registry
from flows.verbs.registry_commands import facts_of
from tasks.lineage.chain import Chain
from tasks.lineage.ledger import read_ledger
from tasks.promotion.choice import find_number
from tasks.promotion.decided import Decided
from tasks.promotion.effect import set_champion
from tasks.promotion.marks import TAG, asked_since, is_being_asked, mark, put_back
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
    with _one_at_a_time(registry, asked) as is_ours:
        if not is_ours:
            line = f"v{asked.version} of {registry.name} is already being asked: whoever began answers."
            return Judged([], {}), Decided("unchanged", line, _champion(registry))
        begun = settled_ledger(registry.store, registry.paths, registry.name).chain
        nothing = idle(registry.store, registry.name, asked, begun)
        if nothing is not None:
            return Judged([], {}), nothing
        with _said_on_the_page(registry, asked):
            judged = judge_version(registry.store, registry.paths, registry.config, begun, asked.version)
            if not judged.passed or not registry.config.promote.approval:
                return _decide(registry, asked, judged, begun)
            _wait(registry, asked, begun)
    _tell_who_approves(registry, asked)
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


def _tell_who_approves(registry: Registry, asked: Asked) -> None:
    url = page_of_run()
    where = f": {url}" if url else "."
    line = f"v{asked.version} of {registry.name} passed every gate and waits for approval in Prefect{where}"
    facts = {"version": asked.version, "by": asked.by, "reason": asked.reason, "url": url}
    notify(registry.config.notify, "approval", line, facts)


@contextmanager
def _said_on_the_page(registry: Registry, asked: Asked) -> Iterator[None]:
    """While the gates are asked the version says so; what ends without an answer leaves its page as it was."""
    before = find_number(registry.store, registry.name, asked.version)
    mark(registry.store, registry.name, asked.version, asked_since(asked.by, datetime.now(UTC)))
    try:
        yield
    finally:
        if before is not None:
            put_back(registry.store, registry.name, before)


@contextmanager
def _one_at_a_time(registry: Registry, asked: Asked) -> Iterator[bool]:
    """The webhook and the reconciler may bring the same request: False for the second, if the page says that the first
    is at it; else it waits, and finds the request answered."""
    if asked.via not in BY_HAND:
        yield True
        return
    lock = store_lock(registry.paths, "request")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if _is_being_asked(registry, asked.version):
            yield False
            return
        lock.acquire()
    try:
        yield True
    finally:
        lock.release()


def _is_being_asked(registry: Registry, version: int) -> bool:
    found = find_number(registry.store, registry.name, version)
    return found is not None and is_being_asked(found.tags.get(TAG, ""))


def _champion(registry: Registry) -> int | None:
    return read_ledger(registry.store, registry.paths, registry.name).chain.champion
