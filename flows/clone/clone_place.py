"""Where a workspace's clean clone lies: always the same place, so that what died in it is found"""

import subprocess
from pathlib import Path

from tasks.paths import Paths


def clone_folder(paths: Paths) -> Path:
    """The clone of the whole repository; there only while it is worked in."""
    return paths.state / "clone"


def clone_paths(paths: Paths) -> Paths:
    """The workspace within its clone."""
    return Paths(clone_folder(paths) / _prefix(paths))


def _prefix(paths: Paths) -> str:
    """Where in its repository the workspace lies; "" at the top, or if it lies in none."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--show-prefix"], cwd=paths.root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
