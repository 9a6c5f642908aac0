"""`finetrace compare`: what the command line does and prints."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.news import listening
from flows.processes.interrupt import sigterm_as_interrupt
from flows.processes.lock import workspace_lock
from flows.processes.pool import default_jobs
from flows.processes.runners import RUNNERS, check_runner
from flows.processes.stage_inputs import damage_of
from flows.processes.stages import check_sections, stale_stages
from flows.processes.workshop import open_workshop
from flows.run import flow_session
from flows.verbs.commands import print_json
from flows.verbs.params_lines import apply_lines
from flows.verbs.terminal import Watcher, make_console
from tasks.comparison.plan import plan_comparison
from tasks.comparison.results import read_results
from tasks.config import load_config, read_yaml
from tasks.damage import refuse_damage
from tasks.errors import SettingsError
from tasks.paths import Paths
from tasks.stages import ROWS_STAGE, up_to
from tasks.trials.trial import rows_digests


def compare_all(
    paths: Paths, candidates: list[str], *, jobs: int | None, runner: str, apply: bool, as_json: bool, **asked: Any
) -> None:
    """Compare, print what came of it, and with `apply` write the winner's lines into params.yaml.

    asked: seeds, epochs, seconds, metric; see flows.compare.
    """
    console = make_console(stderr=as_json)
    watcher = Watcher(console)
    try:
        with sigterm_as_interrupt(), listening(watcher.hear):
            result = compare_candidates(paths, candidates, jobs=jobs, runner=runner, **asked)
    finally:
        watcher.close()
    if as_json:
        print_json(result)
    else:
        print_comparison(console, result)
    if apply and result["lines"]:
        with workspace_lock(paths):
            apply_lines(paths, read_yaml(paths.root / result["patch"]))
        console.print("params.yaml now holds them. Next: finetrace run")


def compare_candidates(
    paths: Paths, candidates: list[str], *, jobs: int | None = None, runner: str = "processes", **asked: Any
) -> dict[str, Any]:
    """The result of a comparison, as its comparison.json has it. Every mistake is told before anything is started."""
    config = load_config(paths.params)
    if len(candidates) < 2:
        raise SettingsError("compare needs at least two candidates, e.g.: finetrace compare partial lora")
    plan_comparison(paths, candidates, {}, **asked)
    return _compare(paths, candidates, default_jobs(config.base.threads) if jobs is None else jobs, runner, asked)


def _compare(paths: Paths, candidates: list[str], jobs: int, runner: str, asked: dict[str, Any]) -> dict[str, Any]:
    check_runner(runner, jobs)
    with workspace_lock(paths), open_workshop(paths):
        check_sections(paths)
        if not stale_stages(paths).keys() & set(up_to(ROWS_STAGE)):
            refuse_damage(damage_of(paths, up_to(ROWS_STAGE)))
            known = _known(paths, candidates, asked)
            if known is not None:
                return known
        with flow_session(paths):
            from flows.compare import compare  # late: imports Prefect, which reads its settings then

            flow: Any = compare.with_options(task_runner=RUNNERS[runner](jobs))
            done: dict[str, Any] = flow(candidates=candidates, workspace=str(paths.root), **asked)
            return done


def _known(paths: Paths, candidates: list[str], asked: dict[str, Any]) -> dict[str, Any] | None:
    """The same comparison, if it has been made and nothing in it failed."""
    found = read_results(plan_comparison(paths, candidates, rows_digests(paths), **asked).folder(paths))
    return found if found is not None and not found["failed"] else None


def print_comparison(console: Console, result: dict[str, Any]) -> None:
    """A table of the candidates, the verdict, the look at the test side, and the winner's lines."""
    title = f"{result['budget']}, {len(result['seeds'])} seed(s), {result['rows']:,} val rows"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    titles = result["metrics"]
    for column in ("candidate", f"{titles[result['metric']]} on val", "behind", "p", "CPU-s", "learns", "MB", "×time"):
        table.add_column(column, justify="left" if column == "candidate" else "right", overflow="fold")
    for each in result["candidates"]:
        table.add_row(*_cells(each, result))
    console.print(table)
    for each in result["failed"]:
        console.print(f"[red]✗[/] {escape(each['name'])} seed {each['seed']}: {escape(each['reason'])}")
    console.print(f"[bold]{escape(result['verdict'])}[/]")
    test = result["test"]
    numbers = ", ".join(f"{title} {_with_interval(test[name])}" for name, title in titles.items())
    console.print(f"Test, looked at once by {escape(test['candidate'])}: {escape(numbers)}{_looks(test['looks'])}")
    console.print(f"Report   {escape(result['page'])}")
    if result["lines"]:
        console.print(
            f"To take {escape(result['winner'])}, lines for params.yaml ({escape(result['patch'])}; or --apply):"
        )
        console.print(escape(result["lines"].rstrip()))
    else:
        console.print("params.yaml is the winner as it is.")


def _cells(each: dict[str, Any], result: dict[str, Any]) -> list[str]:
    behind, score, name = each.get("behind"), each[result["metric"]], escape(each["name"])
    return [
        f"[bold]{name}[/]" if each["name"] == result["winner"] else name,
        escape(_with_interval(score)),
        f"{behind['value']:.3f}" if behind else "best",
        f"{behind['p_corrected']:.3f}" if behind else "",
        f"{each['cpu_seconds']:.1f}",
        _short(each["trainable"]),
        f"{each['bytes'] / 1e6:.1f}",
        f"{each['times_fastest']:.2f}",
    ]


def _with_interval(score: dict[str, float]) -> str:
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def _looks(count: int) -> str:
    return f" (comparison number {count} to look at this test side)" if count > 1 else ""


def _short(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.1f} k"
