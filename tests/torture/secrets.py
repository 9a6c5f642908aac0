"""45: secrets planted wherever people keep them are in nothing that the product writes or prints

Sought as bytes in every file of the workspace, databases included, but for those that they were planted in.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.injected import FAIL, injected
from tests.torture.kill_points import virgin
from tests.torture.place import Lab, Place
from tests.torture.prepared import registered
from tests.torture.registered_model import ADDRESS
from tests.torture.serving import down, served
from tests.torture.workspace import Workspace


def canary(number: int) -> str:
    """A secret that is found nowhere by chance."""
    return f"c4n4ry{number:02}Zq8xV1"


VARIABLES = {
    "AWS_SECRET_ACCESS_KEY": canary(1),
    "HF_TOKEN": canary(2),
    "OPENAI_API_KEY": canary(3),
    "DATABASE_URL": f"postgresql://ann:{canary(4)}@db.example/rows",
    "MLFLOW_TRACKING_PASSWORD": canary(5),
    "PREFECT_API_AUTH_STRING": f"ann:{canary(6)}",
    "FINETRACE_NOTIFY_URL": f"http://127.0.0.1:9/services/{canary(7)}",
    "FINETRACE_SIGNING_PASSPHRASE": canary(8),
}
"""Environment of every command."""
FILES = {
    ".env": f"SERVICE_PASSWORD={canary(9)}\n",
    "service.env": f"ANYTHING={canary(10)}\n",
    "notes.yaml": f"service:\n  api_key: {canary(11)}\n",
    "notes.txt": f"get it from https://ann:{canary(12)}@files.example/rows.csv?token={canary(13)}\n",
    ".dvc/config.local": f"['remote \"shared\"']\n    url = https://files.example/cache\n    password = {canary(14)}\n",
}
"""New, not in git, so they are part of what was changed since the commit."""
GIT_REMOTE = f"https://ann:{canary(15)}@git.example/rows.git"
PLANTED_IN = {*FILES, ".git/config"}
WORDS = f"no answer from https://ann:{canary(16)}@db.example/x?api_key={canary(17)} for {canary(2)}, {canary(8)}"
"""Of an error that nobody foresaw."""
ALL = [canary(number) for number in range(1, 18)]
ADDRESSES = {
    "a user in ingest.url": f"https://ann:{canary(20)}@files.example/rows.csv",
    "a token in the query of ingest.url": f"https://files.example/rows.csv?token={canary(20)}",
    "a signature in the query of ingest.url": f"https://files.example/rows.csv?X-Amz-Signature={canary(20)}",
}
AREAS: dict[str, tuple[str, ...]] = {
    "MLflow's database": ("mlflow.db*",),
    "MLflow's artifacts, statements and cards": ("mlartifacts/**/*", "card.md", "audit.html"),
    "Prefect's database and logs": (".finetrace/**/*",),
    "DVC's files": ("dvc.lock", "dvc.yaml", "*.dvc", ".dvc/**/*", "data/**/*.dvc"),
    "the stages' outputs and reports": ("data/**/*", "params.yaml"),
}
"""Where is looked."""


@dataclass(frozen=True)
class Planted:
    """A workspace in which a person with all these secrets did everything once."""

    workspace: Workspace
    printed: str
    last: Done


def planted(lab: Lab) -> Planted:
    return lab.once("planted_secrets", _plant)


def _plant(place: Place) -> Planted:
    workspace = virgin(place)
    workspace.environment |= VARIABLES
    _git(workspace, "add", "--all")
    _git(workspace, "-c", "user.name=ann", "-c", "user.email=ann@example", "commit", "--quiet", "--message", "first")
    _git(workspace, "remote", "add", "origin", GIT_REMOTE)
    for name, text in FILES.items():
        workspace.write(name, text)
    _must(workspace.finetrace("keys", "new"))
    _must(workspace.finetrace("run"))
    _must(workspace.finetrace("card", ADDRESS, "--out", "card.md"))
    _must(workspace.finetrace("audit", ADDRESS, "--html", "audit.html"))
    workspace.finetrace("promote", "1", "--reason", f"https://ann:{canary(12)}@files.example/why")
    workspace.finetrace("delete", "champion", "--reason", "torture")
    _fail(place, workspace)
    last = workspace.finetrace("history")
    return Planted(workspace, "".join(each.stdout + each.stderr for each in workspace.told), _must(last))


def _fail(place: Place, workspace: Workspace) -> None:
    """Errors that nobody foresaw, in a stage and in the flow, told with and without their tracebacks."""
    for point in ("tasks.split.stage:run:before::1", "flows.processes.stages:stale_stages:before::1"):
        extra = injected(place, "fail", FAIL, TORTURE_POINT=point, TORTURE_WORDS=WORDS)
        for how in ([], ["--debug"]):
            done = workspace.start("-m", "flows.cli", *how, "run", "--force", extra=extra).finish()
            require(done.code not in (0, 137), f"it did not fail: {done.code}")
            _require_none(done.stdout + done.stderr, f"what is printed, {point} {how}")


def _must(done: Done) -> Done:
    require(done.code == 0, f"`{done.command}` ended with {done.code}: {done.last_words}")
    return done


def _git(workspace: Workspace, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=workspace.root, env=workspace.environment, check=True, capture_output=True)


def _require_none(text: str, where: str) -> None:
    found = [each for each in ALL if each in text]
    require(not found, f"{where}: {', '.join(found)}")


def _looked_at(patterns: tuple[str, ...]) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        made = planted(place.lab)
        root = made.workspace.root
        files = sorted({path for each in patterns for path in root.glob(each) if path.is_file()})
        require(files, "there is nothing to look at")
        found = secrets_in(root, files, ALL)
        require(not found, f"{len(found)} files hold secrets: {', '.join(found[:6])}")
        return made.last

    return act


def secrets_in(root: Path, files: list[Path], secrets: list[str]) -> list[str]:
    """Which files hold which of the secrets, the ones they were planted in left out."""
    found = []
    for path in files:
        name = path.relative_to(root).as_posix()
        content = path.read_bytes() if name not in PLANTED_IN else b""
        found += [f"{name} has {each}" for each in secrets if each.encode() in content]
    return found


def _anywhere(place: Place) -> Done:
    """No other file either, nor any below the home."""
    made = planted(place.lab)
    root = made.workspace.root.parent
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    own = {made.workspace.root / each for each in PLANTED_IN}
    found = secrets_in(root, [each for each in files if each not in own], ALL)
    require(not found, f"{len(found)} files hold secrets: {', '.join(found[:6])}")
    return made.last


def _printed(place: Place) -> Done:
    made = planted(place.lab)
    _require_none(made.printed, "what the commands print")
    return made.last


def _webhook(place: Place) -> Done:
    """What signs deliveries, and what encrypts that, stand in their own file alone."""
    workspace = registered(place)
    with served(workspace) as servers:
        keys = (workspace.root / ".finetrace/webhook.json").read_text(encoding="utf-8")
        done = down(servers)
    values = [each for each in keys.split('"') if len(each) > 20]
    require(len(values) == 2, "the keys are written otherwise than is thought here")
    files = [path for path in sorted(workspace.root.rglob("*")) if path.is_file() and path.name != "webhook.json"]
    found = secrets_in(workspace.root, files, values)
    require(not found, f"{len(found)} files hold a key: {', '.join(each.split(' has ')[0] for each in found[:6])}")
    return done


def _in_address(address: str) -> Callable[[Place], Done]:
    """It would come into dvc.lock: refused, and not told again."""

    def act(place: Place) -> Done:
        workspace = virgin(place)
        workspace.set(ingest={"url": address, "sha256": "0" * 64})
        return _untold(workspace.finetrace("run"), "ingest: url holds a")

    return act


def _as_setting(place: Place) -> Done:
    """No key of params.yaml is for a secret: refused by its name, without its value."""
    workspace = virgin(place)
    workspace.set(ingest={"api_key": canary(20)})
    return _untold(workspace.finetrace("run"), "ingest.api_key")


def _untold(done: Done, *words: str) -> Done:
    require(canary(20) not in done.stdout + done.stderr, f"the secret is printed: {done.last_words}")
    return require_words(done, *words)


def _passphrase(place: Place) -> Done:
    """A key that the passphrase does not open: neither is told."""
    workspace = registered(place)
    key = {"FINETRACE_SIGNING_KEY": os.fspath(place.folder / "signing.pem")}
    _must(workspace.finetrace("keys", "new", extra={**key, "FINETRACE_SIGNING_PASSPHRASE": canary(8)}))
    wrong = {**key, "FINETRACE_SIGNING_PASSPHRASE": canary(20)}
    return _untold(workspace.finetrace("keys", "show", extra=wrong), "PASSPHRASE")


CASES: list[Case] = [
    *(Case(45, f"no planted secret is in {words}", 0, _looked_at(patterns)) for words, patterns in AREAS.items()),
    Case(45, "no planted secret is in any other file of the workspace or the home", 0, _anywhere),
    Case(45, "no planted secret is printed, by refusals and unforeseen errors neither", 0, _printed),
    Case(45, "the webhook's keys are in their own file alone, after the servers ran", 0, _webhook),
    *(Case(45, f"{words} is refused, and not told again", 2, _in_address(each)) for words, each in ADDRESSES.items()),
    Case(45, "an api_key in params.yaml is refused by its name, without its value", 2, _as_setting),
    Case(45, "a wrong passphrase of the signing key is not told", 2, _passphrase),
]
