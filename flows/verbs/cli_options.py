"""Options that most verbs share, and what becomes of --root"""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

Root = Annotated[Path, typer.Option(help="Folder that holds params.yaml.", envvar="FINETRACE_ROOT")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout; all else goes to stderr.")]


def paths_of(root: Path) -> Any:
    """The paths of a workspace."""
    from tasks.paths import Paths

    os.environ["FINETRACE_ROOT"] = str(root.resolve())  # for flows.exit, whatever happens next
    return Paths(root.resolve())
