"""The gate and the registry, as a flow sees them."""

from collections.abc import Callable, Mapping
from typing import Any

from flows.processes.stages import stage_error
from flows.processes.workshop import open_workshop
from tasks.config import Config
from tasks.errors import GateError
from tasks.files import read_json
from tasks.paths import Paths
from tasks.settings import as_dict
from tasks.stages import PUBLISHING


def publish_in_child(
    paths: Paths, *, tell: Callable[[str], None], extra_environment: Mapping[str, str], timeout_seconds: float
) -> dict[str, Any]:
    """What the gate says, asked in the workshop; a refusal is told in the verdict, all other failures are raised."""
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        tell(line)

    paths.failure(PUBLISHING).unlink(missing_ok=True)
    with open_workshop(paths) as workshop:
        code = workshop.stage(PUBLISHING, tell=listen, seconds=timeout_seconds, environment=extra_environment)
    refused = code == GateError.exit_code and not paths.failure(PUBLISHING).exists()
    if code != 0 and not refused:
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
