"""A search's files: search.json, patch.yaml, report.html"""

from pathlib import Path
from typing import Any

from tasks.errors import GateError
from tasks.evaluate.results import rounded
from tasks.files import replacing, write_json
from tasks.paths import Paths
from tasks.report.search_page import render_search
from tasks.search.plan import SearchPlan
from tasks.search.space import as_plain
from tasks.search.study import Study, Try
from tasks.trials.patch import as_yaml

RESULT, PAGE, PATCH = "search.json", "report.html", "patch.yaml"


def summarise(plan: SearchPlan, tries: list[Try], importances: dict[str, float]) -> dict[str, Any]:
    """What a search has found so far. Raises GateError if no trial was trained to its end."""
    done = [each for each in tries if each.state == "complete"]
    if not done:
        reasons = "; ".join(dict.fromkeys(each.reason.rstrip(".") for each in tries if each.reason))
        reasons = reasons or ("all pruned" if tries else "the time was over before the first, give more --seconds")
        raise GateError(f"no trial was trained to its end: {reasons}.")
    best = max(done, key=lambda each: (each.value or 0.0, -each.number))
    lines = plan.lines(best.point)
    return {
        "id": plan.name,
        "space": as_plain(plan.space),
        "title": plan.config.problem.target.metrics[plan.config.problem.target.headline],
        "is_share": plan.config.problem.target.headline not in plan.config.problem.target.not_shares,
        "strategy": plan.config.finetune.strategy.kind,
        "trials": [rounded(_row(plan, number, each)) for number, each in enumerate(tries, 1)],
        "best": {
            "trial": tries.index(best) + 1,
            "words": plan.words(best.point),
            **rounded(dict(best.result) | {"val_score": best.value}),
        },
        "importances": rounded(importances),
        "lines": as_yaml(lines),
    }


def write_search(paths: Paths, plan: SearchPlan, study: Study) -> dict[str, Any]:
    """Write what has been found so far, the JSON last; gives it back."""
    found, folder = summarise(plan, study.tries(), study.importances()), plan.folder(paths)
    found |= {name: _shown(paths, folder / file) for name, file in (("patch", PATCH), ("page", PAGE))}
    best = found["best"]
    with replacing(folder / PATCH) as temporary:
        head = f"# trial {best['trial']} of search {plan.name}: val {found['title']} {best['val_score']:.4f}\n"
        temporary.write_text(head + found["lines"], encoding="utf-8")
    with replacing(folder / PAGE) as temporary:
        temporary.write_text(render_search(found), encoding="utf-8")
    write_json(folder / RESULT, found)
    return found


def _shown(paths: Paths, file: Path) -> str:
    return file.relative_to(paths.root).as_posix()


def _row(plan: SearchPlan, number: int, each: Try) -> dict[str, Any]:
    return {
        "trial": number,
        "state": each.state,
        "point": dict(each.point),
        "words": plan.words(each.point),
        "value": each.value,
        "curve": list(each.result.get("curve", [])),
        "cpu_seconds": each.result.get("cpu_seconds"),
        "reason": each.reason,
    }
