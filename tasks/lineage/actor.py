"""Who acts, as the ledger names them"""

import getpass
import os
import subprocess
from pathlib import Path

from tasks.lineage.readable import on_one_line

ACTOR_VARIABLE = "FINETRACE_BY"


def actor(root: Path, said: str = "") -> str:
    """What was said, else FINETRACE_BY, else git's user of this workspace, else the system's. Nobody checks it: a
    signature does that, where keys are set up."""
    return on_one_line(said or os.environ.get(ACTOR_VARIABLE) or _git_user(root) or _system_user())


def _git_user(root: Path) -> str:
    try:
        told = subprocess.run(["git", "config", "user.email"], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return told.stdout.strip()


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return f"user {os.getuid()}"
