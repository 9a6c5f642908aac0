"""`finetrace promote`, `reject`, `rollback`, `delete` and `history`; each imports what it needs when it is called"""

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.cli_options import Json, Root, paths_of

Which = Annotated[str, typer.Argument(metavar="VERSION", help="A version's number, or an alias (challenger).")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger for ever.")]
By = Annotated[str, typer.Option(help="Who asks; default: FINETRACE_BY, else git's user.email.")]
Expect = Annotated[int | None, typer.Option(help="Only if this version is the champion now.")]


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(
        epilog='Example:  finetrace promote challenger --reason "better on refunds"', rich_help_panel="Promote"
    )(promote)
    app.command(epilog='Example:  finetrace reject 3 --reason "too slow for the phone"', rich_help_panel="Promote")(
        reject
    )
    app.command(epilog='Example:  finetrace rollback --reason "wrong labels in production"', rich_help_panel="Promote")(
        rollback
    )
    app.command(epilog='Example:  finetrace delete 2 --reason "trained on the wrong file"', rich_help_panel="Promote")(
        delete
    )
    app.command(epilog="Example:  finetrace history --limit 10", rich_help_panel="Promote")(history)


def promote(
    version: Which,
    reason: Reason,
    to: Annotated[str, typer.Option(help="The alias to move; champion is the only one that is promoted to.")] = (
        "champion"
    ),
    by: By = "",
    expect: Expect = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Ask every gate about a version again and make it the champion if they agree."""
    from flows.verbs.promote_command import promote_one

    promote_one(paths_of(root), version, to=to, reason=reason, by=by, expect=expect, as_json=as_json)


def reject(version: Which, reason: Reason, by: By = "", root: Root = Path(), as_json: Json = False) -> None:
    """Note that a version shall not become the champion, and take the alias challenger off it."""
    from flows.verbs.registry_commands import reject_one

    reject_one(paths_of(root), version, reason=reason, by=by, as_json=as_json)


def rollback(
    reason: Reason,
    to: Annotated[str | None, typer.Option(help="An earlier champion; default: the last one that is sound.")] = None,
    by: By = "",
    expect: Expect = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Make the champion before this one the champion again, once its bytes are checked and it loads."""
    from flows.verbs.registry_commands import go_back

    go_back(paths_of(root), to=to, reason=reason, by=by, expect=expect, as_json=as_json)


def delete(version: Which, reason: Reason, by: By = "", root: Root = Path(), as_json: Json = False) -> None:
    """Delete a version that holds no alias; its run and its statement stay, and the ledger says who and why."""
    from flows.verbs.registry_commands import delete_one

    delete_one(paths_of(root), version, reason=reason, by=by, as_json=as_json)


def history(
    limit: Annotated[int | None, typer.Option(min=1, help="Show the newest so many.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Show who promoted, refused, rejected or rolled back what, when and why: the ledger, the newest first."""
    from flows.verbs.registry_commands import show_history

    show_history(paths_of(root), limit=limit, as_json=as_json)
