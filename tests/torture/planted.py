"""37: pickles and code planted in the model and in the registered model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.hostile import pickled, python_file, skops_file, torch_file
from tests.torture.place import Place
from tests.torture.prepared import registered, trained
from tests.torture.registered_model import ADDRESS, LOAD, package_of, store

Payload = Callable[[Path], bytes]
PLANTED: dict[str, Payload] = {
    "pytorch_model.bin": torch_file,
    "weights.pt": torch_file,
    "model.joblib": pickled,
    "model.skops": skops_file,
    "training_args.bin": torch_file,
    "modeling_bert.py": python_file,
    "nested/model.bin": torch_file,
    "MODEL.BIN": torch_file,
    "model": pickled,
    ".hidden.pkl": pickled,
}
"""Name → what lies there."""
IN_PACKAGE = (
    "python_model.pkl",
    "pytorch_model.bin",
    "artifacts/model/model.skops",
    "artifacts/model/weights.joblib",
    "code/tasks/extra.so",
)
BESIDE_CHECKPOINT = ("optimizer.pt", "rng_state.pth", "training_args.bin", "scheduler.pt", "pytorch_model.bin")


def _in_model(name: str, payload: Payload) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = trained(place)
        workspace.write(f"data/model/{name}", payload(place.canary))
        done = workspace.finetrace("predict", "where is my parcel")
        require(not done.stdout.strip(), f"it answered: {done.stdout[:200]}")
        return require_words(done, Path(name).name)

    return act


def _instead_of_weights(place: Place) -> Done:
    """The weights themselves are a pickle, and the manifest agrees."""
    workspace = trained(place)
    workspace.write("data/model/weights.safetensors", pickled(place.canary))
    sign(workspace.root / "data/model")
    return workspace.finetrace("predict", "where is my parcel")


def sign(folder: Path) -> None:
    """Make the manifest of a model fit its files, as somebody would who may write there."""
    from hashlib import sha256

    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = {name: sha256((folder / name).read_bytes()).hexdigest() for name in names if name != "manifest.json"}
    digest = sha256(json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"files": files, "digest": digest}), encoding="utf-8")


def _registering(place: Place) -> Done:
    workspace = trained(place)
    workspace.write("data/model/model.pkl", pickled(place.canary))
    done = workspace.finetrace("register")
    require(
        not workspace.query("SELECT * FROM model_versions") if (workspace.root / "mlflow.db").exists() else True,
        "registered",
    )
    return require_words(done, "model.pkl")


def _link(place: Place) -> Done:
    workspace = trained(place)
    weights = workspace.root / "data/model/weights.safetensors"
    shutil.move(weights, place.folder / "elsewhere.safetensors")
    weights.symlink_to(place.folder / "elsewhere.safetensors")
    return require_words(workspace.finetrace("predict", "text"), "weights.safetensors")


def _in_package(name: str, *, alone: bool) -> Callable[[Place], Done]:
    """Planted in the registered model; `alone`: loaded by MLflow without finetrace."""

    def act(place: Place) -> Done:
        workspace = registered(place)
        planted = package_of(workspace) / name
        planted.write_bytes(pickled(place.canary))
        try:
            if alone:
                loaded = workspace.start("-c", LOAD, ADDRESS, extra=store(workspace)).finish()
                require(loaded.code != 0, "MLflow loaded it")
                return require_words(loaded, "Integrity: ")
            return require_words(workspace.finetrace("predict", "text", "--model", ADDRESS), planted.name)
        finally:
            planted.unlink()

    return act


def _package_config(place: Place) -> Done:
    """MLmodel, which no file's ending gives away, tells MLflow to load a pickle."""
    workspace = registered(place)
    model = package_of(workspace) / "MLmodel"
    whole = model.read_bytes()
    (package_of(workspace) / "python_model.pkl").write_bytes(pickled(place.canary))
    model.write_bytes(whole.replace(b"model_code_path: pyfunc_model.py", b"python_model: python_model.pkl"))
    require(model.read_bytes() != whole, "MLmodel has another form than this case expects")
    try:
        loaded = workspace.start("-c", LOAD, ADDRESS, extra=store(workspace)).finish()
        require(loaded.code != 0, "MLflow loaded it")
        return workspace.finetrace("predict", "text", "--model", ADDRESS)
    finally:
        model.write_bytes(whole)
        (package_of(workspace) / "python_model.pkl").unlink()


CASES: list[Case] = [
    *(
        Case(37, f"{name} planted in data/model is refused before anything is loaded", 5, _in_model(name, payload))
        for name, payload in PLANTED.items()
    ),
    Case(
        37,
        "a pickle in the place of the weights is refused, even with a manifest that names it",
        5,
        _instead_of_weights,
    ),
    Case(37, "a symbolic link in the place of the weights is refused", 5, _link),
    Case(37, "a model with a pickle beside it is not registered", 5, _registering),
    *(
        Case(37, f"{name} planted in the registered model is refused by predict", 5, _in_package(name, alone=False))
        for name in IN_PACKAGE
    ),
    Case(
        37,
        f"{IN_PACKAGE[0]} planted in the registered model is refused when MLflow alone loads it",
        None,
        _in_package(IN_PACKAGE[0], alone=True),
    ),
    Case(37, "an MLmodel that points to a pickle is refused", 5, _package_config),
]
