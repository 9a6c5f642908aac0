"""The gate and the registry, asked at most once for the same content."""

from importlib import import_module
from typing import Any

from tasks.config import Config
from tasks.digest import sha256_of_file, sha256_of_value
from tasks.files import read_json, write_json
from tasks.paths import Paths


def publish(paths: Paths, config: Config, *, run_id: str = "", run_url: str = "") -> dict[str, Any]:
    """What the gate says of the model in the workspace; a model that passes has its version afterwards."""
    verdict: dict[str, Any] = import_module("tasks.register.stage").run(paths, config=config)
    return verdict


def remember(paths: Paths, verdict: dict[str, Any]) -> None:
    """Note the verdict under the content it is about."""
    write_json(paths.state / "verdict.json", {"content": _content(paths), "verdict": verdict})


def remembered(paths: Paths) -> dict[str, Any] | None:
    """The last verdict, if it is about what lies in the workspace now."""
    try:
        noted = read_json(paths.state / "verdict.json")
    except (FileNotFoundError, ValueError):
        return None
    return noted["verdict"] if noted["content"] == _content(paths) else None


def _content(paths: Paths) -> str:
    return sha256_of_value([sha256_of_file(paths.root / "dvc.lock")])
