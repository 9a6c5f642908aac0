"""git and DVC as commands, each failure one line"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from flows.processes import child
from flows.redact import redact
from tasks.errors import SetupError

GIT_SECONDS = 600.0
_UNATTENDED = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
_PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false")
"""Nobody is there to type a passphrase, and no hook of somebody else's runs here."""


def git(folder: Path, *arguments: str) -> str:
    """What git says on stdout. Raises SetupError."""
    done = _run(["git", *_PLAIN, *arguments], folder, GIT_SECONDS)
    if done.returncode != 0:
        raise SetupError(f"git {arguments[0]} failed: {last_words(done.stderr)}")
    return done.stdout.strip()


def asks_git(folder: Path, *arguments: str) -> bool:
    """Whether git answers yes, by its exit code."""
    return _run(["git", *_PLAIN, *arguments], folder, GIT_SECONDS).returncode == 0


def dvc_settings(folder: Path) -> dict[str, str]:
    """What DVC is set to in a folder, all its files together; relative paths made absolute."""
    done = _run([sys.executable, "-m", "dvc", "config", "--list"], folder, GIT_SECONDS)
    if done.returncode != 0:
        raise SetupError(f"dvc config failed: {last_words(done.stderr or done.stdout)}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


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


def last_words(said: str) -> str:
    """What a command says went wrong, in one line without secrets."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "ERROR:", "error:"))), (lines or ["no word"])[-1])
    return redact(f"{told.rstrip('.')}.")
