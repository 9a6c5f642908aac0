"""`finetrace compare` and `finetrace search`; each imports what it needs when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.cli_options import Json, Root, paths_of

Jobs = Annotated[int | None, typer.Option(help="Trainings at a time; default: as many as the cores hold.")]
Runner = Annotated[str, typer.Option(help="Who runs the trainings: processes or ray.")]
Apply = Annotated[bool, typer.Option("--apply", help="Write the winner's lines into params.yaml.")]


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(
        epilog="Example:  finetrace compare partial lora lora:strategy.rank=32 --seeds 3", rich_help_panel="Compare"
    )(compare)
    app.command(epilog="Example:  finetrace search space.yaml --trials 20", rich_help_panel="Compare")(search)


def compare(
    candidates: Annotated[list[str], typer.Argument(help="Presets, current, .yaml files, or name:key=value,…")],
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each candidate.")] = 1,
    epochs: Annotated[int | None, typer.Option(min=1, help="Budget of a training: epochs.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Budget of a training: CPU-seconds.")] = None,
    metric: Annotated[str | None, typer.Option(help="A metric of the target, e.g. accuracy, on val.")] = None,
    jobs: Jobs = None,
    runner: Runner = "processes",
    apply: Apply = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Train several strategies on the same rows and say which is shown to be better, at which cost."""
    from flows.verbs.compare_command import compare_all

    asked = {"seeds": seeds, "epochs": epochs, "seconds": seconds}
    compare_all(
        paths_of(root),
        candidates,
        jobs=jobs,
        runner=runner,
        apply=apply,
        as_json=as_json,
        **asked,
        metric=metric,
    )


def search(
    space: Annotated[Path | None, typer.Argument(help="YAML file: keys with low and high, or choices.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials in all; default 20.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Start no trial after so many seconds.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest search.")] = False,
    auto: Annotated[bool, typer.Option("--auto", help="Choose a preset by rows and time, and say why.")] = False,
    jobs: Jobs = None,
    runner: Runner = "processes",
    apply: Apply = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Look for better settings on the val rows; the best are written as a patch."""
    from flows.verbs.search_command import search_all

    search_all(
        paths_of(root),
        space,
        trials=trials,
        seconds=seconds,
        resume=resume,
        auto=auto,
        jobs=jobs,
        runner=runner,
        apply=apply,
        as_json=as_json,
    )
