"""`finetrace audit`, `reproduce` and `keys`; each imports what it needs when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.cli_options import Json, Root, paths_of
from tasks.lineage.address import FORMS

Address = Annotated[str | None, typer.Argument(help=f"{FORMS}; default: champion.")]


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(
        epilog="Example:  finetrace audit models:/support-intents@champion --html audit.html", rich_help_panel="Trace"
    )(audit)
    app.command(epilog="Example:  finetrace reproduce models:/support-intents/3", rich_help_panel="Trace")(reproduce)
    keys = typer.Typer(help="Keys that sign statements and ledger entries.", no_args_is_help=True)
    keys.command("new", epilog="Example:  finetrace keys new")(keys_new)
    keys.command("show", epilog="Example:  finetrace keys show --json")(keys_show)
    keys.command("trust", epilog="Example:  finetrace keys trust ada.pem")(keys_trust)
    app.add_typer(keys, name="keys", rich_help_panel="Trace")


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
    from flows.verbs.audit_command import audit as audit_all

    audit_all(
        paths_of(root),
        address,
        every=every,
        fetch=remote,
        require_signature=require_signature,
        html=html,
        as_json=as_json,
    )


def reproduce(
    address: Address = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Make a version again from its commit, its data and its lock, and compare weights and metrics."""
    from flows.verbs.reproduce_command import reproduce as make_again

    make_again(paths_of(root), address, as_json=as_json)


def keys_new(root: Root = Path()) -> None:
    """Make a key of your own (FINETRACE_SIGNING_KEY says where) and trust it here."""
    from flows.verbs.keys_command import new_key

    new_key(paths_of(root))


def keys_show(root: Root = Path(), as_json: Json = False) -> None:
    """Show the key that signs here and the keys that are trusted."""
    from flows.verbs.keys_command import show_keys

    show_keys(paths_of(root), as_json=as_json)


def keys_trust(
    file: Annotated[Path, typer.Argument(help="File with somebody's public key (finetrace keys show).")],
    root: Root = Path(),
) -> None:
    """Trust somebody's signatures: their public key goes into infra/keys, to be committed."""
    from flows.verbs.keys_command import trust_file

    trust_file(paths_of(root), file)
