"""46: what the product keeps about itself is for its owner alone, whatever the umask (here 0)."""

import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.killed import killed_copy, resume
from tests.torture.place import Place
from tests.torture.prepared import first_runs, plain
from tests.torture.workspace import Workspace

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(root: Path, paths: Iterable[Path]) -> list[str]:
    """Which of the paths others than the owner may read, write or enter, with their modes."""
    kept = [path for path in paths if not path.is_symlink() and path.stat().st_mode & OTHERS]
    return [f"{path.relative_to(root)} {stat.S_IMODE(path.stat().st_mode):04o}" for path in sorted(kept)]


def _require_closed(workspace: Workspace, *patterns: str) -> None:
    paths = {path for pattern in patterns for path in workspace.root.glob(pattern)}
    require(paths, f"there is nothing at {', '.join(patterns)}")
    found = open_to_others(workspace.root, paths)
    require(not found, f"{len(found)} of {len(paths)} are open to others: {', '.join(found[:6])}")


def _after_run(*patterns: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        runs = first_runs(place.lab)
        _require_closed(runs.workspace, *patterns)
        return min(runs.at_once, key=lambda each: each.code)

    return act


def _checkpoints(place: Place) -> Done:
    workspace = killed_copy(place)
    _require_closed(workspace, "data/checkpoints", "data/checkpoints/**/*", "data/cache", "data/cache/**/*")
    return resume(place, workspace)


def _stage_alone(place: Place) -> Done:
    """`python -m tasks` without a flow makes the state folder too, and leaves why a stage failed in it."""
    workspace = place.copy(plain(place.lab))
    workspace.finish(workspace.start("-m", "tasks", "ingest", umask=0))
    workspace.finish(workspace.start("-m", "tasks", "split", umask=0))
    _require_closed(workspace, ".finetrace", ".finetrace/**/*")
    return workspace.told[0]


def _store_alone(place: Place) -> Done:
    """A command that makes the MLflow store and nothing else."""
    workspace = place.copy(plain(place.lab))
    command = ("-m", "flows.cli", "predict", "x", "--model", "models:/none@champion")
    done = workspace.finish(workspace.start(*command, umask=0))
    _require_closed(workspace, "mlflow.db*", "mlartifacts", ".finetrace", ".finetrace/**/*")
    return done


CASES: list[Case] = [
    Case(46, "mlflow.db is its owner's alone", 0, _after_run("mlflow.db*")),
    Case(46, "the folder of artifacts is its owner's alone", 0, _after_run("mlartifacts")),
    Case(46, ".finetrace is its owner's alone", 0, _after_run(".finetrace")),
    Case(
        46,
        "locks, logs, failures and timings are their owner's alone",
        0,
        _after_run(".finetrace/*", ".finetrace/locks/*", ".finetrace/failures/*", ".finetrace/timings/*"),
    ),
    Case(46, "Prefect's files are their owner's alone", 0, _after_run(".finetrace/prefect/**/*")),
    Case(46, "caches are their owner's alone", 0, _after_run("data/cache", "data/cache/**/*")),
    Case(46, "checkpoints are their owner's alone", 0, _checkpoints),
    Case(46, "so they are when a stage is run without a flow", 0, _stage_alone),
    Case(46, "so they are when only the store is made", 4, _store_alone),
]
