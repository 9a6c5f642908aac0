"""`finetrace`: every verb a person types. Each imports what it needs when it is called, so that --help is instant."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.exit import run_app
from flows.verbs.cli_audit import add_commands as add_audit_commands
from flows.verbs.cli_options import Json, Root, paths_of
from flows.verbs.cli_registry import add_commands as add_registry_commands
from flows.verbs.cli_service import add_commands as add_service_commands
from flows.verbs.cli_trace import add_commands as add_trace_commands
from flows.verbs.cli_trials import add_commands

EXIT_CODES = (
    "Exit codes: 0 done · 1 unexpected · 2 usage or settings · 3 the gate said no · 4 bad data · 5 bytes are not those "
    "recorded · 6 the workspace is busy · 7 something is missing or does not fit (finetrace doctor)"
)
app = typer.Typer(
    name="finetrace",
    help="Fine-tuning you can trace: from labelled rows to a registered model whose origin can be proven.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Data sets.", no_args_is_help=True)
app.add_typer(data_app, name="data", rich_help_panel="Train")


def main() -> None:
    """The console script: one line and one exit code for whatever goes wrong."""
    sys.exit(run_app(app, sys.argv[1:]))


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and Prefect's log.")] = False,
) -> None:
    """Options for every command; --debug is read by flows.exit."""


@app.command(epilog="Example:  finetrace run --until validate", rich_help_panel="Train")
def run(
    until: Annotated[str, typer.Option(help="Last stage to bring up to date.")] = "register",
    force: Annotated[bool, typer.Option("--force", help="Make every stage again, changed or not.")] = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Bring every stage up to date and register the model if the gate passes."""
    from flows.verbs.commands import run_all

    run_all(paths_of(root), until=until, force=force, as_json=as_json)


@app.command(epilog="Example:  finetrace plan", rich_help_panel="Train")
def plan(root: Root = Path(), as_json: Json = False) -> None:
    """Show what would train, at which rate and cost, without training."""
    from flows.verbs.commands import show_plan

    show_plan(paths_of(root), as_json=as_json)


@app.command(epilog="Example:  finetrace strategies lora", rich_help_panel="Train")
def strategies(
    name: Annotated[str | None, typer.Argument(help="A preset: print its lines for params.yaml.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """List strategies and presets: what each is for, what it costs, its paper. With NAME: that preset's lines."""
    from flows.verbs.strategies import show_preset, show_strategies

    if name is None:
        show_strategies(paths_of(root), as_json=as_json)
    else:
        show_preset(name, as_json=as_json)


@app.command(epilog="Example:  finetrace status --json", rich_help_panel="Serve and look")
def status(root: Root = Path(), as_json: Json = False) -> None:
    """Show which stages are stale, the last verdict, the registered versions and the servers."""
    from flows.verbs.status import show_status

    show_status(paths_of(root), as_json=as_json)


@app.command(epilog='Example:  finetrace predict "where is my parcel?"', rich_help_panel="Train")
def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to label.")] = None,
    pair: Annotated[
        list[str] | None, typer.Option(help="Second text of each text, where the model reads pairs.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="File with a text on each line, or text, tab, second text; or .jsonl; - is stdin."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="models:/NAME@ALIAS; default: data/model.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Label texts with the fine-tuned model."""
    from flows.verbs.predictions import show_predictions

    show_predictions(paths_of(root), texts or [], pairs=pair or [], file=file, model=model, as_json=as_json)


@app.command(epilog="Example:  finetrace register", rich_help_panel="Train")
def register(root: Root = Path(), as_json: Json = False) -> None:
    """Ask the gate about the model as it is, and register it if it passes."""
    from flows.verbs.commands import register_model

    register_model(paths_of(root), as_json=as_json)


@app.command(epilog="Example:  finetrace doctor", rich_help_panel="Serve and look")
def doctor(root: Root = Path(), as_json: Json = False) -> None:
    """Check this machine and this workspace, and name the mend of what is wrong."""
    from flows.verbs.doctor import show_checks

    show_checks(paths_of(root), as_json=as_json)


@data_app.command("add", epilog="Example:  finetrace data add reviews.csv --label-column stars")
def data_add(
    source: Annotated[str, typer.Argument(help="A file, a folder, or an https address (with --sha256).")],
    test: Annotated[Path | None, typer.Option(help="An official test file.")] = None,
    val: Annotated[Path | None, typer.Option(help="An official val file.")] = None,
    extra_test: Annotated[
        list[str] | None, typer.Option(help="A further test set, as NAME=FILE; may be given several times.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="Digest that the file must have.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    pair_column: Annotated[str | None, typer.Option(help="Column with the second text, if rows are pairs.")] = None,
    label_column: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="csv, tsv, jsonl, parquet or conll; else told by the name's ending.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="latin-1, windows-1252, utf-16 …; else utf-8.")] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether the first line names the columns.")
    ] = None,
    quoting: Annotated[str | None, typer.Option(help="double (RFC 4180) or none (a quote is a character).")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What parts the fields of a csv or tsv.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call it below data/raw.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="A new version of the data set that is there.")] = False,
    append: Annotated[bool, typer.Option("--append", help="More rows for the data set that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take what is guessed without asking.")] = False,
    root: Root = Path(),
) -> None:
    """Look at a data set, copy it in, track it with DVC, and point params.yaml at it."""
    from flows.verbs.add_data import Addition, add_data, extra_tests_of, mode_of

    asked: dict[str, Any] = {"text_column": text_column, "pair_column": pair_column, "label_column": label_column}
    asked |= {"format": format_, "encoding": encoding, "header": header, "quoting": quoting, "delimiter": delimiter}
    addition = Addition(
        source,
        held_out={side: file for side, file in (("val", val), ("test", test)) if file is not None},
        extra_tests=extra_tests_of(extra_test or []),
        sha256=sha256,
        written={key: value for key, value in asked.items() if value is not None},
        name=name,
        mode=mode_of(replace=replace, append=append),
        takes_guesses=yes,
    )
    add_data(paths_of(root), addition)


add_service_commands(app)
add_commands(app)
add_registry_commands(app)
add_trace_commands(app)
add_audit_commands(app)


if __name__ == "__main__":
    main()
