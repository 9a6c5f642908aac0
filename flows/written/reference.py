"""`python -m flows.written.reference`: the reference of commands and of the Python interface, made from the code

Both stand between markers in pages below infra/docs/reference; tests/test_house.py compares them.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

import finetrace
from flows.cli import EXIT_CODES, app
from flows.written.settings_table import filled_between

PAGES = Path("infra/docs/reference")


def commands_reference() -> str:
    """Every command in its group: what it does, an example, its arguments and options."""
    lines = [EXIT_CODES.replace(" · ", ", ") + ".", "", "`finetrace --debug …` shows tracebacks and Prefect's log."]
    commands = list(_commands(typer.main.get_command(app), "finetrace"))
    for panel in dict.fromkeys(panel for panel, _, _ in commands):
        lines += ["", f"## {panel}"]
        for name, command in [(name, command) for where, name, command in commands if where == panel]:
            lines += ["", f"### {name}", "", *_command_lines(command)]
    return "\n".join(lines)


def python_reference() -> str:
    """Every function of `finetrace` with its signature, then what they return, then the errors."""
    members: list[Any] = [getattr(finetrace, name) for name in finetrace.__all__]
    functions = [each for each in members if inspect.isfunction(each)]
    errors = [each for each in members if inspect.isclass(each) and issubclass(each, finetrace.FinetraceError)]
    results = [each for each in members if inspect.isclass(each) and each not in errors]
    lines = ["## Functions"]
    for function in functions:
        lines += ["", f"### finetrace.{function.__name__}", "", "```python", _signature(function), "```"]
        lines += ["", _doc(function)]
    lines += ["", "## Results"]
    for each in results:
        lines += ["", f"### finetrace.{each.__name__}", "", _doc(each)]
    lines += ["", "## Errors", "", "| error | exit code of the command | raised when |", "|---|---|---|"]
    lines += [f"| `{each.__name__}` | {each.exit_code} | {_doc(each)} |" for each in errors]
    return "\n".join(lines)


def _commands(group: Any, name: str, panel: str = "") -> Iterator[tuple[str, str, Any]]:
    for word, command in group.commands.items():
        own = panel or getattr(command, "rich_help_panel", None) or "Other"
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {word}", own)
        else:
            yield own, f"{name} {word}", command


def _command_lines(command: Any) -> list[str]:
    lines = [_paragraphs(command.help)]
    if command.epilog:
        lines += ["", "```bash", command.epilog.removeprefix("Example:").strip(), "```"]
    shown = [each for each in command.params if each.name != "help"]
    if shown:
        lines += ["", "| argument or option | default | |", "|---|---|---|"]
    for each in shown:
        names = ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts)) if each.opts[0][0] == "-" else ""
        named = names or f"`{each.metavar or each.name.upper()}`"
        lines.append(f"| {named} | {_default(each)} | {_cell(each.help)} |")
    return lines


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    return "" if value in (None, False, "") or callable(value) else f"`{value}`"


def _signature(function: Any) -> str:
    parameters = [str(each) for each in inspect.signature(function).parameters.values()]
    star = next((place for place, each in enumerate(inspect.signature(function).parameters.values())
                 if each.kind is inspect.Parameter.KEYWORD_ONLY), None)  # fmt: skip
    if star is not None:
        parameters.insert(star, "*")
    returned = inspect.formatannotation(inspect.signature(function).return_annotation)
    inside = "".join(f"\n    {each}," for each in parameters)
    return (
        f"finetrace.{function.__name__}({inside}\n) -> {returned}".replace("flows.verbs.results.", "")
        .replace("collections.abc.", "")
        .replace("typing.", "")
    )


def _doc(member: Any) -> str:
    return _paragraphs(inspect.getdoc(member) or "")


def _paragraphs(text: str) -> str:
    """Paragraphs of a docstring, each on one line."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|").replace("\\[", "[")


def main() -> int:
    """Write both pages of the repository in the current folder anew."""
    for name, made in (("commands", commands_reference()), ("python", python_reference())):
        page = PAGES / f"{name}.md"
        page.write_text(filled_between(page.read_text(encoding="utf-8"), name, made), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
