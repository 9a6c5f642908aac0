"""15: no room in training, in saving, in DVC's cache, in registering: told in one line, nothing half-made

A small tmpfs takes a folder's place where this machine lets one be mounted; else a limit on the size of files, which is
told in the same way (EFBIG), does.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.case import Case, check_told, require, require_words
from tests.torture.commands import Done
from tests.torture.invariants import digest_of
from tests.torture.killed import untrained, whole
from tests.torture.place import Place
from tests.torture.prepared import NAME, first_runs, trained
from tests.torture.workspace import Workspace

KILOBYTES = 64 * 1024
"""Size of the small disk."""
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
LIMIT = 24 * 1024
"""Less than any of the model's weights or of the package's parts."""


class Disk:
    """What a folder of a workspace lies on."""

    def __init__(self, workspace: Workspace, folder: Path, mounted: bool) -> None:
        self._workspace, self._folder, self._mounted = workspace, folder, mounted

    def run_when_full(self, *arguments: str, room: int = 0) -> Done:
        """A command with so many kilobytes of room left; all of it is free again afterwards."""
        if not self._mounted:
            return self._workspace.run("-c", LIMITED, str(LIMIT), *arguments)
        ballast = self._folder / "ballast"
        free = shutil.disk_usage(self._folder).free // 1024 - room
        with ballast.open("wb") as file:
            for _ in range(max(0, free // 4)):
                file.write(bytes(4096))
        done = self._workspace.run(*arguments)
        ballast.unlink()
        return done


@contextmanager
def small_disk(workspace: Workspace, name: str) -> Iterator[Disk]:
    """A small disk in the place of a folder of the workspace; what is on it then, is in the folder afterwards."""
    folder = workspace.root / name
    folder.mkdir(exist_ok=True)
    aside = workspace.root.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    size = f"size={KILOBYTES}k,mode=0700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True).returncode == 0
    shutil.copytree(aside, folder, dirs_exist_ok=True, symlinks=True)
    shutil.rmtree(aside)
    try:
        yield Disk(workspace, folder, mounted)
    finally:
        if mounted:
            shutil.copytree(folder, aside, symlinks=True)
            subprocess.run(["umount", "--lazy", folder], check=True)
            folder.rmdir()
            aside.rename(folder)


def _refused(done: Done) -> Done:
    """It was told as it should be; the command."""
    check_told(done, 7)
    return require_words(done, "The disk is full", "Make room, then run again")


def _training(room: int) -> Callable[[Place], Done]:
    """No room for a checkpoint, or for the model after them; with room, the training ends as if never disturbed."""

    def act(place: Place) -> Done:
        due, workspace = whole(place.lab).weights, untrained(place)
        with small_disk(workspace, "data") as disk:
            _refused(disk.run_when_full("-m", "tasks", "finetune", room=room))
            left = [each for each in ("model", "reports/finetune.json") if (workspace.root / "data" / each).exists()]
            require(not left, f"half-made: {left}")
            done = workspace.stage("finetune")
            require(done.code == 0, f"it does not go on: {done.last_words}")
            require(digest_of(workspace.root / "data/model/weights.safetensors") == due, "the weights are others")
        return done

    return act


def _run(folder: str, *gone: str) -> Callable[[Place], Done]:
    """`finetrace run` with a folder full; with room, it makes the one version with the weights that are due."""

    def act(place: Place) -> Done:
        due = first_runs(place.lab).weights
        workspace = trained(place)
        for each in gone:
            path = workspace.root / each
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with small_disk(workspace, folder) as disk:
            _refused(disk.run_when_full("-m", "flows.cli", "run"))
            _require_nothing(workspace)
            done = workspace.finetrace("run")
            require(done.code == 0, f"it does not go on: {done.last_words}")
        require(digest_of(workspace.root / "data/model/weights.safetensors") == due, "the weights are others")
        require(_versions(workspace) == [(NAME, 1), (f"{NAME}.ledger", 1)], f"versions: {_versions(workspace)}")
        return done

    return act


def _require_nothing(workspace: Workspace) -> None:
    if (workspace.root / "mlflow.db").exists():
        require(not _versions(workspace), f"half-registered: {_versions(workspace)}")


def _versions(workspace: Workspace) -> list[tuple[str, int]]:
    tables = workspace.query("SELECT 1 FROM sqlite_master WHERE name = 'model_versions'")
    return workspace.query("SELECT name, count(*) FROM model_versions GROUP BY name ORDER BY name") if tables else []


MODEL = ("data/model", "data/reports/finetune.json")
CASES: list[Case] = [
    Case(15, "no room for a checkpoint: told, and with room the training gives the same weights", 0, _training(0)),
    Case(15, "room for checkpoints, none for the model: told, and it goes on to the same weights", 0, _training(600)),
    Case(15, "a run with no room for the model says so, and ends well with room", 0, _run("data", *MODEL)),
    Case(15, "a run with no room in DVC's cache says so, and ends well with room", 0, _run(".dvc/cache", *MODEL)),
    Case(
        15,
        "a run with no room for the registered files says so, registers nothing, and does with room",
        0,
        _run("mlartifacts"),
    ),
    Case(15, "a run with no room for what the flow keeps says so, and ends well with room", 0, _run(".finetrace")),
]
