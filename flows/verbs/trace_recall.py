"""`finetrace recall`: what a row or a data set has touched, taken out of use"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console

from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from flows.verbs.trace_why import touch_line, touch_values
from flows.verbs.trace_words import listed, opened_store, shown
from tasks.config import load_config
from tasks.errors import DataError, GateError, IntegrityError, SettingsError
from tasks.paths import Paths


def recall_all(
    paths: Paths,
    *,
    row: str | None,
    dataset: str | None,
    reason: str,
    by: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find every version touched, take its aliases through the ledger, and say what to do next.

    Raises IntegrityError at the end if there are versions of which nobody can tell: they are left as they are;
    GateError if there are some to be recalled and nobody could be asked.
    """
    console = make_console(stderr=as_json)

    def confirm(plans: list[Any], is_by_id: bool) -> bool:
        if is_by_id:
            console.print("[yellow]?[/] its text is nowhere to be found, so that it was looked for by its id alone")
        for plan in plans:
            _print_plan(console, plan, is_sure=yes and not dry_run)
        return bool(_touched(plans)) and not dry_run and (yes or _confirmed())

    found = recall_versions(paths, row=row, dataset=dataset, reason=reason, by=by, confirm=confirm)
    plans, acting, is_by_id = found.plans, found.done, found.is_by_id
    _print_end(console, plans, row=found.evidence.get("row"), acting=acting, is_by_id=is_by_id)
    if _touched(plans) and not acting:
        console.print(f"Nothing was changed{' (--dry-run)' if dry_run else ''}.")
    if as_json:
        print_json(found.values)
    raise_if_uncertain(found)
    if not acting and not dry_run and not sys.stdin.isatty():
        _raise_if_in_use(plans)


@dataclass(frozen=True)
class Recall:
    """What a row or a data set has touched, and whether it was taken out of use."""

    evidence: dict[str, Any]
    plans: list[Any]
    is_by_id: bool
    done: bool

    @property
    def values(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"asked": self.evidence, "done": self.done, "models": [_values(plan) for plan in self.plans]}


def recall_versions(
    paths: Paths,
    *,
    row: str | None,
    dataset: str | None,
    reason: str,
    by: str,
    confirm: Callable[[list[Any], bool], bool],
) -> Recall:
    """Find every version touched and, if `confirm` says so of the plans, take its aliases through the ledger."""
    if (row is None) == (dataset is None):
        raise SettingsError("recall one thing: finetrace recall --row ROW_ID, or --dataset with its md5 or sha256.")
    row = _checked(row)
    config = load_config(paths.params)
    with opened_store(paths) as store:
        if store is None:
            raise DataError("No version is registered here yet: there is nothing to recall.")
        plans, is_by_id = make_plans(store, paths, config.register.name, row=row, dataset=dataset)
        evidence = {"row": row} if row else {"dataset": dataset}
        acting = confirm(plans, is_by_id) and bool(_touched(plans))
        if acting:
            _carry_out(store, paths, plans, evidence=evidence, by=by, reason=reason)
    return Recall(evidence, plans, is_by_id, acting)


def _checked(row: str | None) -> str | None:
    from tasks.trace.known_row import check_row_id

    return None if row is None else check_row_id(row)


def make_plans(store: Any, paths: Paths, name: str, *, row: str | None, dataset: str | None) -> tuple[list[Any], bool]:
    """What has to be done to each registered model that finetrace keeps a ledger of, and whether the row's text is
    unknown, so that its id alone was looked for."""
    from tasks.lineage.ledger import read_ledger
    from tasks.trace.contents import Contents
    from tasks.trace.datasets import check_digest, touched_by
    from tasks.trace.learned import Holdings
    from tasks.trace.recall import plan_recall
    from tasks.trace.versions import read_versions, traced_models

    contents = Contents(paths)
    digest = check_digest(dataset) if dataset else ""
    models = {model: read_versions(store, model) for model in traced_models(store, name)}
    known = None if row is None else _known(paths, contents, models, row)
    holdings = Holdings(contents, [known.row_id] if known else [], known.same if known else None)
    plans = []
    for model, versions in models.items():
        touches = [touched_by(contents, each, digest) if digest else holdings.touch(each) for each in versions]
        plans.append(plan_recall(model, touches, read_ledger(store, paths, model).chain))
    return plans, known is not None and known.text is None


def _known(paths: Paths, contents: Any, models: Mapping[str, Sequence[Any]], row_id: str) -> Any:
    """The row with this id. Raises DataError if no file that can be reached knows it: then nothing can be told."""
    from tasks.trace.known_row import find_row

    versions = [version for each in models.values() for version in each]
    found = find_row(paths, contents, versions, row_id)
    if found is None:
        raise DataError(
            f"no row that I know has the id {row_id}, neither here nor in the reachable rows of a version, so that "
            "nothing can be told of it. Look for it by its text: finetrace why TEXT"
        )
    return found


def _carry_out(store: Any, paths: Paths, plans: list[Any], *, evidence: dict[str, Any], by: str, reason: str) -> None:
    from tasks.lineage.actor import actor
    from tasks.trace.recall import carry_out

    what = ", ".join(f"{kind} {value}" for kind, value in evidence.items())
    for plan in plans:
        if plan.touched:
            told = f"{what}: {reason}" if reason else what
            carry_out(store, paths, plan, by=actor(paths.root, by), reason=told, evidence=evidence)


def _touched(plans: list[Any]) -> list[Any]:
    return [touch for plan in plans for touch in plan.touched]


def _confirmed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Recall them now?", default=False, err=True)


def _print_plan(console: Console, plan: Any, *, is_sure: bool) -> None:
    for touch in plan.touched:
        console.print(f"[red]✗[/] {touch_line(touch)}{' (recalled before)' if _is_old(plan, touch) else ''}")
    for touch in plan.unknown:
        console.print(f"[yellow]?[/] {touch_line(touch)}")
    if plan.deleted:
        gone = listed([f"v{number}" for number in plan.deleted])
        console.print(
            f"[yellow]?[/] {shown(plan.name)} {gone}: deleted, so out of use; what they learned is not looked at"
        )
    if plan.before != plan.after:
        after = f"v{plan.after}" if plan.after else "none"
        goes = "" if is_sure else " would go"
        console.print(f"  champion of {shown(plan.name)}{goes}: v{plan.before} → {after}")


def _is_old(plan: Any, touch: Any) -> bool:
    return touch.version.number in plan.already


def _print_end(console: Console, plans: list[Any], *, row: str | None, acting: bool, is_by_id: bool) -> None:
    touched, unknown = _touched(plans), [each for plan in plans for each in plan.unknown]
    if not touched and not unknown:
        surely = "" if is_by_id else ", and of all of them it can be told"
        console.print(f"No registered version learned from it{surely}.")
        return
    if not touched:
        return
    names = listed([each.version.shown for each in touched])
    console.print(f"Recalled: {names}. The ledger has it." if acting else f"Would be recalled, with --yes: {names}")
    where = _row_words(touched, row) if row else "the data set"
    head = "Next    " if acting else "Then    "
    console.print(f"{head} take {where} out of the raw data if it is still there, then retrain:  finetrace run")
    for plan in plans:
        if plan.touched and plan.after is None:
            console.print(f"         the next version of {shown(plan.name)} that passes the gate becomes the champion")
            if plan.clean:
                use = f"finetrace promote {plan.clean[-1]} --reason '…'"
                console.print(f"         until then, v{plan.clean[-1]} did not learn from it:  {use}")
        elif plan.touched and plan.after != plan.before:
            console.print("         then put the new version in use:  finetrace promote VERSION --reason '…'")
    console.print("         what still holds it: the recalled versions' files, DVC's cache and data/cache")


def _row_words(touched: list[Any], row: str) -> str:
    """The row, and under which other labels its text stands, for who takes it out of the raw data."""
    others = list(dict.fromkeys(other for touch in touched for other in touch.others))
    also = f"; with another label: {listed([f'finetrace why {other}' for other in others], 3)}" if others else ""
    return f"the row (its line: finetrace why {shown(row)}{also})"


def _values(plan: Any) -> dict[str, Any]:
    return {
        "model": plan.name,
        "touched": [touch_values(each) for each in plan.touched],
        "unknown": [touch_values(each) for each in plan.unknown],
        "recalled_before": sorted(plan.already),
        "untouched": list(plan.clean),
        "deleted": list(plan.deleted),
        "champion": {"before": plan.before, "after": plan.after},
    }


def _raise_if_in_use(plans: list[Any]) -> None:
    """Versions that were recalled before and hold no alias are out of use already."""
    waiting = [
        touch.version.shown
        for plan in plans
        for touch in plan.touched
        if not _is_old(plan, touch) or touch.version.aliases
    ]
    if waiting:
        raise GateError(f"{listed(waiting)} would be recalled, and nobody is here to say yes. Add --yes.")


def raise_if_uncertain(found: Recall) -> None:
    """Raise IntegrityError if it cannot be told of some version whether it learned from the row or the data set."""
    unknown = [each.version.shown for plan in found.plans for each in plan.unknown]
    if unknown:
        raise IntegrityError(
            f"of {listed(unknown)} it cannot be told whether they learned from it, and they are left as they are. "
            "Bring back what is named above, then ask again."
        )
    if found.is_by_id:
        raise IntegrityError("whether a version learned from the same text under another label cannot be told.")
