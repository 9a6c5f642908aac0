"""Workspaces of their own, with the real stages or with fake ones, and a Prefect server that they may share."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tasks.stages import STAGES
from tests.pipeline.network import block_network

ROOT = Path(__file__).resolve().parents[2]
FAKE = Path(__file__).with_name("fake_stage.py")
CLEARED = (
    "OMP_NUM_THREADS",
    "PREFECT_API_URL",
    "PREFECT_PROFILE",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_REGISTRY_URI",
    "FINETRACE_ROOT",
)
PARAMS = """\
base:
  id: sentence-transformers/all-MiniLM-L6-v2
  revision: 1110a243fdf4706b3f48f1d95db1a4f5529b4d41
  sha256: 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
ingest: {path: data/raw/rows.csv}
problem: {}
validate: {}
split: {}
augment: {}
finetune: {epochs: 2, calibrate: false}
evaluate: {resamples: 200}
register: {name: wishes, gate: {beats_baseline: never}}   # an easy task: counting words is as good
"""
FILLING = "my the please help why today again still with for was your app week wrong really now very cannot"
WORDS = {
    "shipping": "parcel delivery courier box tracking arrive shipment late",
    "payment": "card invoice refund charge bill bank money paid",
    "login": "password account login email reset code locked sign",
}


def _hear_ctrl_c() -> None:
    """A shell starts its background jobs deaf to Ctrl-C, and children inherit that: the tests may be such a job."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Workspace:
    """A folder with params.yaml, and the commands run in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "flows.cli", *arguments]

    def finetrace(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return self._run(self.command(*arguments), extra)

    def dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run DVC as a person would at a terminal."""
        return self._run([sys.executable, "-m", "dvc", *arguments], {})

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        """Start finetrace."""
        return self.start_command(self.command(*arguments), **extra)

    def start_command(self, command: list[str], **extra: str) -> subprocess.Popen[str]:
        """Start a command; end_all ends it if the test does not."""
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=self._environment(extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hear_ctrl_c,
        )
        self.started.append(process)
        return process

    def end_all(self) -> None:
        """End what is still running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def outputs(self) -> dict[str, bytes]:
        """Every file that the stages made, with its bytes."""
        files = [each for each in sorted((self.root / "data").rglob("*")) if each.is_file()]
        return {each.relative_to(self.root).as_posix(): each.read_bytes() for each in files}

    def _run(self, command: list[str], extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = self._environment(extra)
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if key not in CLEARED}
        path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
        home = {"HOME": str(self.root / "home"), "COLUMNS": "200", "PATH": path}
        return inherited | home | self.environment | extra


def make_workspace(root: Path, *, fake: bool) -> Workspace:
    """A copy of what a run needs, as a clone would hold it, with 150 easy rows."""
    for name in ("dvc.yaml", ".dvcignore", ".gitignore", "constraints.txt"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "tasks", root / "tasks")  # compiled modules too: they hold for copies, which keep the times
    for room in STAGES if fake else ():
        shutil.copy(FAKE, root / "tasks" / room / "stage.py")
    if fake:  # they share no imports
        with (root / "tasks" / "stages.py").open("a") as file:
            file.write("\nSHARED_IMPORTS.clear()\n")
    for name in (".dvc", "data/raw", "home"):
        (root / name).mkdir(parents=True)
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, root / ".dvc" / name)
    (root / "data" / "raw" / "rows.csv").write_text(easy_rows())
    (root / "params.yaml").write_text(PARAMS)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return Workspace(root, {"DVC_SITE_CACHE_DIR": str(root / "dvc-site")})


def easy_rows() -> str:
    """A csv of 150 different texts in three labels that differ by their words."""
    draw = random.Random(7)  # noqa: S311 - not a secret
    rows = {
        (" ".join([*draw.sample(FILLING.split(), 5), *draw.sample(words.split(), 3)]), label)
        for label, words in WORDS.items()
        for _ in range(50)
    }
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in sorted(rows))


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The API of a Prefect server, and a copy of its state folder from before it was used."""
    from flows.processes import child
    from flows.serving.server import start_embedded
    from tasks.paths import Paths

    paths, unused = Paths(tmp_path_factory.mktemp("server")), tmp_path_factory.mktemp("unused") / "state"
    process, url = start_embedded(paths)
    shutil.copytree(paths.state, unused, ignore=shutil.ignore_patterns("prefect.db*", "*.log"))
    database = Path("prefect") / "prefect.db"
    with (
        closing(sqlite3.connect(paths.state / database)) as now,
        closing(sqlite3.connect(unused / database)) as kept,
    ):
        now.backup(kept)
    (unused / database).chmod(0o600)
    yield url, unused
    child.stop(process)


@pytest.fixture(scope="session")
def server(_served: tuple[str, Path]) -> str:
    """A Prefect server that lasts for all tests; its API."""
    return _served[0]


@pytest.fixture(scope="session")
def prefect_state(_served: tuple[str, Path]) -> Path:
    """The state folder of a workspace whose Prefect database, which takes CPU-seconds, was made and never used."""
    return _served[1]


@pytest.fixture
def fake(tmp_path: Path, server: str) -> Iterator[Workspace]:
    """Fake stages, and a server that is there already."""
    workspace = make_workspace(tmp_path, fake=True)
    workspace.environment["PREFECT_API_URL"] = server
    yield workspace
    workspace.end_all()


@pytest.fixture
def lonely(tmp_path: Path, prefect_state: Path) -> Iterator[Workspace]:
    """Fake stages, and no server but the one that each run starts for itself."""
    workspace = make_workspace(tmp_path, fake=True)
    shutil.copytree(prefect_state, tmp_path / ".finetrace")
    yield workspace
    workspace.end_all()


@pytest.fixture(scope="session")
def _reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with fake stages after `dvc repro`, which starts a process for each of them."""
    workspace = make_workspace(tmp_path_factory.mktemp("reproduced"), fake=True)
    done = workspace.dvc("repro")
    assert done.returncode == 0, done.stderr
    return workspace.root


@pytest.fixture
def reproduced(_reproduced: Path, tmp_path: Path, server: str) -> Workspace:
    """A copy of it, and a server that is there already."""
    root = tmp_path / "workspace"
    shutil.copytree(_reproduced, root, symlinks=True)
    return Workspace(root, {"DVC_SITE_CACHE_DIR": str(root / "dvc-site"), "PREFECT_API_URL": server})


@dataclass(frozen=True)
class RealRun:
    """A full run with the real stages."""

    workspace: Workspace
    done: subprocess.CompletedProcess[str]
    outside: Path
    """Where connections that left the machine would have been noted."""


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> RealRun:
    """`finetrace run` from nothing, with its own server and without a network."""
    workspace = make_workspace(tmp_path_factory.mktemp("real"), fake=False)
    blocked = tmp_path_factory.mktemp("blocked")
    workspace.environment |= block_network(blocked)
    outside = blocked / "outside.txt"
    done = workspace.finetrace("run")
    return RealRun(workspace, done, outside)
