"""The gate and the registry. `python -m flows.publish` asks them in a process of its own, as retrain does."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flows.stages import stage_error
from flows.workshop import open_workshop
from tasks.config import Config, load_config
from tasks.errors import FinetraceError
from tasks.files import read_json, write_json
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.pipeline import PUBLISHING
from tasks.settings import as_dict


def publish(paths: Paths, config: Config) -> dict[str, Any]:
    """What the gate says of the model in the workspace; a model that passes is a version afterwards."""
    from tasks.register.stage import run

    return run(paths, register=config.register, base=config.base, settings=as_dict(config))


def publish_in_child(
    paths: Paths, *, tell: Callable[[str], None], extra_environment: Mapping[str, str], timeout_seconds: float
) -> dict[str, Any]:
    """The same in a child process, so that a champion too large to score again does not take the flow with it."""
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        tell(line)

    paths.failure(PUBLISHING).unlink(missing_ok=True)
    with open_workshop(paths) as workshop:
        code = workshop.stage(PUBLISHING, tell=listen, seconds=timeout_seconds, environment=extra_environment)
    if code != 0:
        raise stage_error(paths, PUBLISHING, code, "\n".join(told) + f"\nexited with {code}")
    verdict: dict[str, Any] = read_json(paths.report(PUBLISHING))
    return verdict


def standing_verdict(paths: Paths, config: Config) -> dict[str, Any] | None:
    """The last verdict, if it is about exactly this model and what it led to still stands; looks, changes nothing."""
    from tasks.register.candidate import read_candidate
    from tasks.register.champion import find_version
    from tasks.register.settled import question, read_settled
    from tasks.tracking.store import open_store, reporting

    if not paths.report(PUBLISHING).exists():
        return None
    candidate = read_candidate(paths, config.base, as_dict(config))
    store = open_store(paths)
    with reporting(store.registry_uri):
        champion = find_version(store, config.register.name, "champion")
        asked = question(candidate, config.register, champion, store)
        return read_settled(store, paths, config.register, candidate, asked)


def main() -> int:
    """Publish the model of the current folder; 0, or the exit code of what went wrong, told in paths.failure."""
    set_switches()
    paths = Paths(Path.cwd())
    try:
        publish(paths, load_config(paths.params))
    except FinetraceError as error:
        write_json(paths.failure(PUBLISHING), {"exit_code": error.exit_code, "message": str(error)})
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
