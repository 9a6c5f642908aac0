"""What a person reads while and after a run."""

import os
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from flows.news import News, Outcome, Said, Started
from tasks.files import read_json
from tasks.paths import Paths
from tasks.stages import PUBLISHING, headline

HEADLINES = ("accuracy", "macro_f1", "mcc", "ece")
"""What is shown of one label a row; of other targets, all that was measured."""


def make_console(*, stderr: bool) -> Console:
    """A console that keeps long lines whole when nobody sees a terminal. NO_COLOR is respected."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)


class Watcher:
    """A line for each stage as it is done, a moving one for the stage at work."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def hear(self, news: News) -> None:
        """Show a piece of news."""
        if isinstance(news, Outcome):
            self._rest()
            if news.stage != PUBLISHING:
                self._console.print(_stage_line(news))
            return
        if isinstance(news, Said):
            self._rest()
            self._console.print(escape(news.line))
            return
        words = f"{news.stage} …" if isinstance(news, Started) else f"{news.stage} {news.percent:.0f} % {news.words}"
        self._move(words, is_new=isinstance(news, Started))

    def close(self) -> None:
        """Take the moving line away."""
        self._rest()

    def _move(self, words: str, *, is_new: bool) -> None:
        if not self._console.is_terminal:
            if is_new:
                self._console.print(escape(words))
            return
        if self._status is None:
            self._status = self._console.status(escape(words))
            self._status.start()
        self._status.update(escape(words))

    def _rest(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def _stage_line(outcome: Outcome) -> str:
    mark = "[green]✓[/] made  " if outcome.ran else "[blue]=[/] cached"
    seconds = f"{outcome.seconds:6.1f} s" if outcome.ran else "        "
    return f"{mark} {outcome.stage:<9} {seconds}  {escape(headline(outcome.stage, outcome.numbers))}"


def print_verdict(console: Console, paths: Paths, verdict: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
    """The verdict, the metrics with their intervals, the version, and where to go from here."""
    mark = "[bold green]Gate passed[/]" if verdict["passed"] else "[bold red]Gate not passed[/]"
    console.print(f"\n{mark}  {escape(verdict['line'])}")
    for rule in verdict.get("rules", []):
        if rule["passed"] is False:
            console.print(f"  [red]✗[/] {escape(rule['name'])}: {escape(rule['why'])}")
    for line in metric_lines(numbers):
        console.print(f"  {escape(line)}")
    if verdict.get("version") is not None:
        aliases = ", ".join(f"@{alias}" for alias in verdict.get("aliases", [])) or "no alias"
        known = "" if verdict.get("created", True) else ", registered before"
        console.print(f"Version  {escape(verdict['name'])} v{verdict['version']} ({aliases}{known})")
    console.print(f"Report   {_shown(paths.report_page)}")
    console.print("Pages    finetrace up")
    finetune = read_json(paths.report("finetune")) if paths.report("finetune").exists() else {}
    pairs = finetune.get("input") == "pair"
    console.print(f"Next     {next_command(verdict, pairs=pairs)}", soft_wrap=True)


def print_alarms(console: Console, numbers: Mapping[str, Any]) -> None:
    """What the monitors of the training raised, a line each. numbers: data/reports/finetune.json."""
    for alarm in numbers.get("alarms", []):
        where = f"{alarm['name']} in epoch {alarm['epoch']}"
        console.print(f"[yellow]![/] {escape(where)}: {escape(alarm['message'])}. Advice: {escape(alarm['advice'])}")


def metric_lines(numbers: Mapping[str, Any]) -> list[str]:
    """Headline metrics with their intervals, as in data/reports/evaluate.json."""
    intervals = numbers.get("intervals", {})
    lines = []
    shown = HEADLINES if HEADLINES[0] in numbers else tuple(intervals)
    width = max(10, *map(len, shown), 0)
    for name in shown:
        if numbers.get(name) is not None:  # a number that is none is not shown, and the gate says why
            interval = intervals.get(name)
            span = f"  [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else ""
            lines.append(f"{name:<{width}} {numbers[name]:.3f}{span}")
    return lines


def next_command(verdict: Mapping[str, Any], *, pairs: bool = False) -> str:
    """What a person would type next."""
    if not verdict["passed"]:
        return "read the report, change params.yaml or the data, then: finetrace run"
    second = ' --pair "its second text"' if pairs else ""
    return f'finetrace predict --model models:/{verdict["name"]}@challenger "your text"{second}'


def _shown(path: Any) -> str:
    return escape(os.path.relpath(path))
