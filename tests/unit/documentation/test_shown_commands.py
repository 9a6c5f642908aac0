"""Every command that README and the documentation show can be typed as it is: its words are known to the program.

What `<!-- runs -->` marks is also run, by tests/pipeline/test_documentation.py; many of the others are run by the
pipeline tests of their subject. Here nothing is started but the programs' own parsers.
"""

import argparse
import os
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer.main

from tests.shown import ROOT, Command, commands

GIT = ("add", "commit", "push")


class _ParsedError(Exception):
    """The command line was understood; what would follow is left out."""


def _finetrace(words: tuple[str, ...]) -> None:
    from flows.cli import app

    _understood_by_click(typer.main.get_command(app), words)


def _mlflow(words: tuple[str, ...]) -> None:
    from mlflow.models.cli import commands

    assert words[1] == "models"
    _understood_by_click(commands, words[1:])


def _understood_by_click(command: Any, words: tuple[str, ...]) -> None:
    """Raises what the command line would print: an unknown command, an option that there is not, a missing argument."""
    with command.make_context(words[0], list(words[1:])) as context:
        rest = [*context._protected_args, *context.args]
        if hasattr(command, "commands"):
            assert rest[0] in command.commands, f"no command {rest[0]}"
            _understood_by_click(command.commands[rest[0]], tuple(rest))


def _make(words: tuple[str, ...]) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(words[1:]) <= set(targets)


def _python(words: tuple[str, ...]) -> None:
    assert words[1] == "-m"
    spec: Any = find_spec(words[2])
    module = f"{words[2]}.__main__" if spec.submodule_search_locations else words[2]
    source = Path(str(find_spec(module).origin)).read_text(encoding="utf-8")  # type: ignore[union-attr]
    if "ArgumentParser" not in source:
        assert words[3:] == (), f"{module} takes no options"
        return
    with _parsed_only(), patch.object(sys, "argv", [module, *words[3:]]), pytest.raises(_ParsedError):
        runpy.run_module(module, run_name="__main__")


def _parsed_only() -> Any:
    parse = argparse.ArgumentParser.parse_args

    def stop(parser: argparse.ArgumentParser, *arguments: Any, **more: Any) -> Any:
        parse(parser, *arguments, **more)
        raise _ParsedError

    return patch.object(argparse.ArgumentParser, "parse_args", stop)


def _accelerate(words: tuple[str, ...]) -> None:
    from accelerate.commands.launch import launch_command_parser

    assert words[1] == "launch"
    told = launch_command_parser().parse_args(list(words[2:]))
    assert told.module
    assert find_spec(f"{told.training_script}.__main__")


def _dvc(words: tuple[str, ...]) -> None:
    """In a process of its own: only one module of the repository imports DVC."""
    parse = "import sys; from dvc.cli.parser import get_main_parser; get_main_parser().parse_args(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", parse, *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _pip(words: tuple[str, ...]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name for word in words for name in re.findall(r"^\.\[(\w+)\]$", word)} <= set(extras)


def _git(words: tuple[str, ...]) -> None:
    assert words[1] in GIT


def _shell(words: tuple[str, ...]) -> None:
    """The shell's own; there is nothing of ours to be wrong."""


PROGRAMS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "finetrace": _finetrace,
    "make": _make,
    "python": _python,
    "dvc": _dvc,
    "mlflow": _mlflow,
    "accelerate": _accelerate,
    "pip": _pip,
    "git": _git,
    "source": _shell,
    "curl": _shell,
    "sha256sum": _shell,
}
COMMANDS = {each.words: each for each in commands()}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: " ".join(command.words))
def test_shown_command_is_understood(command: Command) -> None:
    assert command.words[0] in PROGRAMS, f"{command.place}: which program is this?"
    try:
        PROGRAMS[command.words[0]](command.words)
    except (Exception, SystemExit) as error:
        pytest.fail(f"{command.place}: {' '.join(command.words)}: {getattr(error, 'message', error)}")


@pytest.mark.parametrize(
    "wrong",
    [
        "finetrace retrainn",
        "finetrace run --untill split",
        "finetrace compare",
        "make trun",
        "python -m tests.bench presets --no-such",
        "dvc reproo",
        "mlflow models serve --no-such",
        "git rebase",
    ],
)
def test_command_that_is_wrong_is_noticed(wrong: str) -> None:
    words = tuple(wrong.split())
    with patch.dict(os.environ, COLUMNS="200"), pytest.raises((Exception, SystemExit)):
        PROGRAMS[words[0]](words)


def test_both_kinds_are_found_in_the_pages() -> None:
    assert {each.runs for each in COMMANDS.values()} == {True, False}
    assert {words[0] for words in COMMANDS} == set(PROGRAMS) - {"pip"}
