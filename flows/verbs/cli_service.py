"""`finetrace up`, `finetrace down` and `finetrace retrain`; each imports what it needs when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.cli_options import Json, Root, paths_of

Port = Annotated[int, typer.Option(min=1, max=65535)]


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(epilog="Example:  finetrace up --mlflow-port 5001", rich_help_panel="Serve and look")(up)
    app.command(epilog="Example:  finetrace down", rich_help_panel="Serve and look")(down)
    app.command(epilog="Example:  finetrace retrain --clean-clone", rich_help_panel="Train")(retrain)


def up(
    mlflow_port: Port = 5000,
    prefect_port: Port = 4200,
    receiver_port: Port = 5010,
    auth: Annotated[
        bool, typer.Option("--auth", help="MLflow asks for a name and a password (needs mlflow\\[auth]).")
    ] = False,
    root: Root = Path(),
) -> None:
    """Serve MLflow and Prefect on 127.0.0.1, run what is scheduled or asked for there, until Ctrl-C."""
    from flows.serving.up import serve_all

    ports = {"mlflow_port": mlflow_port, "prefect_port": prefect_port, "receiver_port": receiver_port}
    serve_all(paths_of(root), auth=auth, **ports)


def down(root: Root = Path()) -> None:
    """End the `finetrace up` of this workspace and all that it started."""
    from flows.verbs.down import stop_all

    stop_all(paths_of(root))


def retrain(
    clean_clone: Annotated[
        bool, typer.Option("--clean-clone", help="Work in a new clone of schedule.remote; push data, then dvc.lock.")
    ] = False,
    until: Annotated[str, typer.Option(help="Last stage to bring up to date.")] = "register",
    force: Annotated[bool, typer.Option("--force", help="Make every stage again, changed or not.")] = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Retrain as the schedule would, in a flow run that Prefect keeps."""
    from flows.verbs.retrain_command import retrain_by_hand

    retrain_by_hand(paths_of(root), clean_clone=clean_clone, until=until, force=force, as_json=as_json)
