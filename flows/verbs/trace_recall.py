"""`finetrace recall`: what a row or a data set has touched, taken out of use"""

import sys
from typing import Any

import typer
from rich.console import Console

from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from flows.verbs.trace_why import touch_line, touch_values
from flows.verbs.trace_words import listed, opened_store, shown
from tasks.config import load_config
from tasks.errors import DataError, IntegrityError, SettingsError
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

    Raises IntegrityError at the end if there are versions of which nobody can tell: they are left as they are.
    """
    if (row is None) == (dataset is None):
        raise SettingsError("recall one thing: finetrace recall --row ROW_ID, or --dataset with its md5 or sha256.")
    config = load_config(paths.params)
    console = make_console(stderr=as_json)
    with opened_store(paths) as store:
        if store is None:
            raise DataError("No version is registered here yet: there is nothing to recall.")
        plans = make_plans(store, paths, config.register.name, row=row, dataset=dataset)
        for plan in plans:
            _print_plan(console, plan)
        acting = bool(_touched(plans)) and not dry_run and (yes or _confirmed(console))
        evidence = {"row": row} if row else {"dataset": dataset}
        if acting:
            _carry_out(store, paths, plans, evidence=evidence, by=by, reason=reason)
    _print_end(console, plans, row=row, acting=acting)
    if as_json:
        print_json({"asked": evidence, "done": acting, "models": [_values(plan) for plan in plans]})
    _raise_if_unknown(plans)


def make_plans(store: Any, paths: Paths, name: str, *, row: str | None, dataset: str | None) -> list[Any]:
    """What has to be done to each registered model that finetrace keeps a ledger of."""
    from tasks.lineage.ledger import read_ledger
    from tasks.trace.contents import Contents
    from tasks.trace.datasets import check_digest, touched_by
    from tasks.trace.learned import Holdings
    from tasks.trace.recall import plan_recall
    from tasks.trace.versions import read_versions, traced_models

    contents = Contents(paths)
    holdings = Holdings(contents, [row] if row else [])
    digest = check_digest(dataset) if dataset else ""
    plans = []
    for model in traced_models(store, name):
        versions = read_versions(store, model)
        touches = [touched_by(contents, each, digest) if digest else holdings.touch(each) for each in versions]
        plans.append(plan_recall(model, touches, read_ledger(store, paths, model).chain))
    return plans


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


def _confirmed(console: Console) -> bool:
    if not sys.stdin.isatty():
        console.print("Nothing was changed: nobody is here to be asked. Add --yes to recall them.")
        return False
    return typer.confirm("Recall them now?", default=False, err=True)


def _print_plan(console: Console, plan: Any) -> None:
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
        console.print(f"  champion of {shown(plan.name)}: v{plan.before} → {after}")


def _is_old(plan: Any, touch: Any) -> bool:
    return touch.version.number in plan.already


def _print_end(console: Console, plans: list[Any], *, row: str | None, acting: bool) -> None:
    touched, unknown = _touched(plans), [each for plan in plans for each in plan.unknown]
    if not touched and not unknown:
        console.print("No registered version learned from it, and of all of them it can be told.")
        return
    if acting:
        console.print(f"Recalled: {listed([each.version.shown for each in touched])}. The ledger has it.")
    if touched:
        where = f"the row (its line: finetrace why {shown(row)})" if row else "the data set"
        console.print(f"Next     take {where} out of the raw data if it is still there, then retrain:  finetrace run")
    for plan in plans:
        if plan.touched and plan.after is None:
            console.print(f"         the next version of {shown(plan.name)} that passes the gate becomes the champion")
            if plan.clean:
                use = f"finetrace promote {plan.clean[-1]} --reason '…'"
                console.print(f"         until then, v{plan.clean[-1]} did not learn from it:  {use}")
        elif plan.touched and plan.after != plan.before:
            console.print("         then put the new version in use:  finetrace promote VERSION --reason '…'")
    if touched:
        console.print("         what still holds it: the recalled versions' files, DVC's cache and data/cache")


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


def _raise_if_unknown(plans: list[Any]) -> None:
    unknown = [each.version.shown for plan in plans for each in plan.unknown]
    if unknown:
        raise IntegrityError(
            f"of {listed(unknown)} it cannot be told whether they learned from it, and they are left as they are. "
            "Bring back what is named above, then ask again."
        )
