"""git and DVC as commands, each failure one line"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from flows import child
from flows.redact import redact
from tasks.errors import SetupError

GIT_SECONDS, DVC_SECONDS = 600.0, 6 * 3600.0
_UNATTENDED = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
_PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false")
"""Nobody is there to type a passphrase, and no hook of somebody else's runs here."""


def git(folder: Path, *arguments: str) -> str:
    """What git says on stdout. Raises SetupError."""
    done = _run(["git", *_PLAIN, *arguments], folder, GIT_SECONDS)
    if done.returncode != 0:
        raise SetupError(f"git {arguments[0]} failed: {_last(done.stderr)}")
    return done.stdout.strip()


def asks_git(folder: Path, *arguments: str) -> bool:
    """Whether git answers yes, by its exit code."""
    return _run(["git", *_PLAIN, *arguments], folder, GIT_SECONDS).returncode == 0


def dvc(folder: Path, *arguments: str) -> str:
    """What DVC says on stdout. Raises SetupError."""
    done = _run([sys.executable, "-m", "dvc", *arguments], folder, DVC_SECONDS)
    if done.returncode != 0:
        raise SetupError(f"dvc {arguments[0]} failed: {_last(done.stderr or done.stdout)}")
    return done.stdout.strip()


def has_dvc_remote(folder: Path) -> bool:
    """Whether DVC knows where to push to."""
    return _run([sys.executable, "-m", "dvc", "config", "core.remote"], folder, GIT_SECONDS).returncode == 0


def _run(command: list[str], folder: Path, seconds: float) -> "subprocess.CompletedProcess[str]":
    asked: Mapping[str, str] = {key: value for key, value in _UNATTENDED.items() if key not in os.environ}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=child.environment(asked),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SetupError(f"{command[0]} took longer than {seconds:g} seconds.") from None
    except FileNotFoundError:
        raise SetupError(f"{command[0]} is missing. Install it, then try again.") from None


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "ERROR:", "error:"))), (lines or ["no word"])[-1])
    return redact(f"{told.rstrip('.')}.")
