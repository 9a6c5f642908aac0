"""What params.yaml does not say of a data set → guesses, and the question whether they are right."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from tasks.config import Config
from tasks.errors import SettingsError


def guess_settings(
    columns: Mapping[str, Sequence[Any]], config: Config, written: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What is guessed of `ingest`: the columns that neither the command line nor params.yaml names rightly."""
    from tasks.ingest.preview import guess_columns

    named = {
        key: column
        for key, column in config.ingest.columns.items()
        if key != "pair_column" and (key in written or column in columns)
    }
    guessed: dict[str, str | None] = {
        key: column for key, column in guess_columns(columns, **named).items() if key not in named
    }
    if config.ingest.pair_column not in (None, *columns) and "pair_column" not in written:
        guessed["pair_column"] = None
    return {"ingest": guessed} if guessed else {}


def guess_problem(columns: Mapping[str, Sequence[Any]], config: Config) -> dict[str, dict[str, Any]]:
    """What is guessed of `problem`: another target than one label a row, if the first rows look so."""
    from tasks.ingest.cells import label_of, text_of
    from tasks.validate.several_labels import guess_target

    text, label = columns.get(config.ingest.text_column), columns.get(config.ingest.label_column)
    if text is None or label is None or not config.problem.target.has_one_class or config.validate.labels is not None:
        return {}
    try:
        target = guess_target([text_of(each) for each in text], [label_of(each) for each in label])
    except ValueError:
        return {}  # reading will say where
    return {} if target is None else {"problem": {"target": target}}


def ask(guesses: Mapping[str, Mapping[str, Any]], *, takes_guesses: bool) -> None:
    """Ask whether the guesses are right. Raises SettingsError if not, or if there is nobody to ask."""
    if not guesses:
        return
    told = [f"{section}.{key}: {_yaml(value)}" for section, keys in guesses.items() for key, value in keys.items()]
    if takes_guesses or (sys.stdin.isatty() and typer.confirm(f"Guessed {'; '.join(told)}. Right?", default=True)):
        return
    options = [
        f"--{key.replace('_', '-')} {value!r}" for key, value in guesses.get("ingest", {}).items() if value is not None
    ]
    say = f"pass {' '.join(options)}" if options else "set it in params.yaml"
    raise SettingsError(f"Guessed {'; '.join(told)}. Nothing was added: {say}, or pass --yes to take the guesses.")


def _yaml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    return "null" if value is None else repr(value)
