"""`finetrace why`, `recall`, `diff` and `card`; each imports what it needs when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.cli_options import Json, Root, paths_of
from tasks.lineage.address import FORMS


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(epilog='Example:  finetrace why "where is my parcel?"', rich_help_panel="Trace")(why)
    app.command(
        epilog="Example:  finetrace recall --row 98245adba4423d4c18585cde --reason 'asked to be forgotten'",
        rich_help_panel="Trace",
    )(recall)
    app.command(epilog="Example:  finetrace diff 1 2", rich_help_panel="Trace")(diff)
    app.command(
        epilog="Example:  finetrace card models:/support-intents@champion --out MODEL_CARD.md", rich_help_panel="Trace"
    )(card)


def why(
    row: Annotated[str, typer.Argument(help="A row's id, or its text.", metavar="ROW_ID|TEXT")],
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Tell a row's story: where it came from, what became of it, and which versions learned from it."""
    from flows.verbs.trace_why import show_why

    show_why(paths_of(root), row, as_json=as_json)


def recall(
    row: Annotated[str | None, typer.Option(help="Id of a row: 24 hex digits (finetrace why TEXT tells it).")] = None,
    dataset: Annotated[str | None, typer.Option(help="md5 or sha256 of a data set.", metavar="DIGEST")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    by: Annotated[str, typer.Option(help="Who; default: FINETRACE_BY, else git's user.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, and tell what would be done.")] = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Take every version that learned from a row or a data set out of use, through the ledger.

    A version is touched if its train or val rows hold the row's text, under whatever label. Exit code 3 if there are
    some to be recalled and nobody is here to say yes: add --yes. 4 if no row is known by the id: then nothing can be
    told. 5 if of some version it cannot be told: those are named and left as they are.
    """
    from flows.verbs.trace_recall import recall_all

    recall_all(
        paths_of(root), row=row, dataset=dataset, reason=reason, by=by, yes=yes, dry_run=dry_run, as_json=as_json
    )


def diff(
    first: Annotated[str, typer.Argument(help=f"{FORMS}.", metavar="V1")],
    second: Annotated[str, typer.Argument(help="The version to compare it with.", metavar="V2")],
    predict: Annotated[
        bool, typer.Option("--predict", help="Ask both models again where their predictions were not kept.")
    ] = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Show what differs between two versions: data, settings, code, packages, metrics, predictions."""
    from flows.verbs.trace_diff import show_diff

    show_diff(paths_of(root), first, second, predict=predict, as_json=as_json)


def card(
    version: Annotated[str, typer.Argument(help=f"{FORMS}.")] = "champion",
    out: Annotated[Path | None, typer.Option(help="Write the card to this file.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the card with the version.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare a card with what the registry knows; exit 5 if they disagree.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="The card to check; default: the one kept with the version.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Write a version's model card from evidence alone, or check one."""
    from flows.verbs.trace_card import check_card, write_card

    if check:
        check_card(paths_of(root), version, file)
    else:
        write_card(paths_of(root), version, out=out, keep=keep)
