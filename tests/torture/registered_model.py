"""10: a bit flipped in the registered model."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import LENIENT, NAME, registered
from tests.torture.workspace import Workspace, flipped

ADDRESS = f"models:/{NAME}@champion"
MANIFEST = "finetrace_manifest.json"
FILES = (
    "artifacts/model/weights.safetensors",
    "artifacts/model/tokenizer.json",
    "artifacts/model/about.json",
    "artifacts/model/manifest.json",
    "artifacts/base/model.safetensors",
    "MLmodel",
    MANIFEST,
)
LOAD = """
import sys, mlflow
try:
    mlflow.pyfunc.load_model(sys.argv[1]).predict(["where is my parcel"])
except Exception as error:
    sys.exit(f"Integrity: {error}" if type(error).__name__ == "IntegrityError" else f"{type(error).__name__}: {error}")
"""
SERVE_SECONDS = 60.0


def store(workspace: Workspace) -> dict[str, str]:
    """The environment of somebody who uses MLflow alone."""
    return {
        "MLFLOW_TRACKING_URI": f"sqlite:///{workspace.root}/mlflow.db",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def package_of(workspace: Workspace) -> Path:
    """Where the champion's files lie."""
    champion = workspace.champion()
    require(champion is not None, "there is no champion")
    assert champion is not None
    return champion[1]


def _predict(name: str, place_in_file: float = 0.5) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = registered(place)
        with flipped(package_of(workspace) / name, place_in_file):
            done = workspace.finetrace("predict", "where is my parcel", "--model", ADDRESS)
        require(not done.stdout.strip(), f"it answered: {done.stdout[:200]}")
        return require_words(done, MANIFEST if place_in_file == 0 else "differ from" if name == MANIFEST else name)

    return act


def _sound(place: Place) -> Done:
    """So that a refusal says something: the same model, untouched, answers."""
    workspace = registered(place)
    done = workspace.finetrace("predict", "where is my parcel delivery", "--model", ADDRESS)
    require("shipping" in done.stdout, f"it does not answer: {done.last_words}")
    loaded = workspace.start("-c", LOAD, ADDRESS, extra=store(workspace)).finish()
    require(loaded.code == 0, f"MLflow alone cannot load it: {loaded.last_words}")
    return done


def _load(name: str) -> Callable[[Place], Done]:
    """MLflow alone, as somebody loads the model who has never heard of finetrace."""

    def act(place: Place) -> Done:
        workspace = registered(place)
        with flipped(package_of(workspace) / name):
            loaded = workspace.start("-c", LOAD, ADDRESS, extra=store(workspace)).finish()
        require(loaded.code != 0, "MLflow loaded it")
        return require_words(loaded, "Integrity: ")

    return act


def _register(place: Place) -> Done:
    """The champion is asked again when another model wants to become a version: not with these bytes."""
    workspace = registered(place)
    workspace.set(
        register={"gate": LENIENT | {"champion_tolerance": 0.5}},
        finetune={"strategy": {"kind": "feature_extraction", "inverse_penalty": 5.0}},
    )
    workspace.stages("finetune", "evaluate")
    (workspace.root / "dvc.lock").unlink()
    with flipped(package_of(workspace) / FILES[0]):
        done = workspace.finetrace("register")
    versions = workspace.query("SELECT version FROM model_versions WHERE name NOT LIKE '%.ledger'")
    require(versions == [(1,)], f"versions: {versions}")
    return require_words(done, FILES[0])


def _serve(place: Place) -> Done:
    """`mlflow models serve` must not answer a question with these bytes."""
    workspace = registered(place)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("-m", "mlflow", "models", "serve", "-m", ADDRESS, "--env-manager", "local", "-p", str(port))
    with flipped(package_of(workspace) / FILES[0]):
        running = workspace.start(*arguments, extra=store(workspace))
        deadline = time.monotonic() + SERVE_SECONDS
        answered = False
        while running.is_alive() and time.monotonic() < deadline and not answered:
            answered = _answers(f"http://127.0.0.1:{port}/invocations")
            time.sleep(0.5)
        running.kill_group()
        done = running.finish()
    require(not answered, "the server answers with it")
    return require_words(done, "IntegrityError")


def _answers(url: str) -> bool:
    request = urllib.request.Request(url, b'{"inputs": ["where"]}', {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


CASES: list[Case] = [
    Case(10, "the registered model, untouched, answers through finetrace and through MLflow alone", 0, _sound),
    *(
        Case(10, f"predict refuses a registered model with a flipped bit in {name}", 5, _predict(name))
        for name in FILES
    ),
    Case(10, "predict refuses a registered model whose manifest a flipped bit breaks", 5, _predict(MANIFEST, 0)),
    *(
        Case(10, f"MLflow alone refuses to load it with a flipped bit in {name}", None, _load(name))
        for name in FILES[:2]
    ),
    Case(10, "mlflow models serve refuses it", None, _serve),
    Case(10, "no other model is judged against a champion with a flipped bit", 5, _register),
]
