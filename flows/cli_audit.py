"""`finetrace audit`, `reproduce` and `keys`; each imports what it needs when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import Json, Root, paths_of

Address = Annotated[str | None, typer.Argument(help="models:/NAME@champion or models:/NAME/3; default: the champion.")]


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(epilog="Example:  finetrace audit models:/support-intents@champion --html audit.html")(audit)


def audit(
    address: Address = None,
    every: Annotated[bool, typer.Option("--all", help="Every version of the model in params.yaml.")] = False,
    remote: Annotated[bool, typer.Option("--remote", help="Fetch from a DVC remote that is no folder here.")] = False,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="What no trusted key has signed is broken.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page there.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Hash again everything a version was made from, and compare all that speak of it."""
    from flows.audit_command import audit as audit_all

    audit_all(
        paths_of(root),
        address,
        every=every,
        fetch=remote,
        require_signature=require_signature,
        html=html,
        as_json=as_json,
    )
