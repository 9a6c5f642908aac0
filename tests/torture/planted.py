"""37 and 38: pickles, code and hostile files planted where models, bases and checkpoints lie."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.checkpoints import killed_copy, resume, steps
from tests.torture.commands import Done
from tests.torture.hostile import pickled, python_file, skops_file, torch_file
from tests.torture.place import Place
from tests.torture.prepared import plain, registered, trained
from tests.torture.registered_model import ADDRESS, LOAD, package_of, store

Payload = Callable[[Path], bytes]
PLANTED: dict[str, Payload] = {
    "pytorch_model.bin": torch_file,
    "model.pkl": pickled,
    "python_model.pkl": pickled,
    "weights.pt": torch_file,
    "weights.pth": torch_file,
    "model.joblib": pickled,
    "model.skops": skops_file,
    "weights.ckpt": torch_file,
    "optimizer.pt": torch_file,
    "training_args.bin": torch_file,
    "modeling_bert.py": python_file,
    "nested/model.bin": torch_file,
    "weights.safetensors.pkl": pickled,
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
    _sign(workspace.root / "data/model")
    return workspace.finetrace("predict", "where is my parcel")


def _sign(folder: Path) -> None:
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
                loaded = workspace.start("-c", LOAD, ADDRESS, **store(workspace)).finish()
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
        loaded = workspace.start("-c", LOAD, ADDRESS, **store(workspace)).finish()
        require(loaded.code != 0, "MLflow loaded it")
        return workspace.finetrace("predict", "text", "--model", ADDRESS)
    finally:
        model.write_bytes(whole)
        (package_of(workspace) / "python_model.pkl").unlink()


def base_case(change: Callable[[Path, Path], None], *words: str, stage: str = "finetune") -> Callable[[Place], Done]:
    """Change the base's folder; the stage must refuse it. change: (folder, canary)."""

    def act(place: Place) -> Done:
        workspace = trained(place)
        shutil.rmtree(workspace.root / "data/cache", ignore_errors=True)
        change(workspace.root / "base", place.canary)
        model = {path: path.read_bytes() for path in (workspace.root / "data/model").iterdir()}
        done = workspace.stage(stage)
        require(
            model == {path: path.read_bytes() for path in (workspace.root / "data/model").iterdir()},
            "the model changed",
        )
        return require_words(done, *words)

    return act


def _only_pickle(folder: Path, canary: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(torch_file(canary))


def _auto_map(name: str) -> Callable[[Path, Path], None]:
    def change(folder: Path, canary: Path) -> None:
        file = folder / name
        config = json.loads(file.read_bytes()) if file.exists() else {}
        code = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model", "AutoTokenizer": ["evil.Tokenizer", None]}
        file.write_text(json.dumps(config | {"auto_map": code}), encoding="utf-8")
        (folder / "evil.py").write_bytes(python_file(canary))

    return change


def _replaced(name: str, content: bytes) -> Callable[[Path, Path], None]:
    return lambda folder, _: (folder / name).write_bytes(content) and None


def _pickle_as_weights(folder: Path, canary: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickled(canary))


def _other_config(**changes: object) -> Callable[[Path, Path], None]:
    def change(folder: Path, canary: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_bytes()) | changes), encoding="utf-8")

    return change


def _pickle_beside(place: Place) -> Done:
    """A pickle beside safetensors in the base is not looked at."""
    workspace = place.copy(plain(place.lab))
    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt"):
        workspace.write(f"base/{name}", torch_file(place.canary))
    workspace.set(validate={"label_errors": "report"})
    workspace.stages("ingest")
    return workspace.stage("validate")


def _beside_checkpoint(place: Place) -> Done:
    workspace = killed_copy(place)
    for folder in (steps(workspace)[-1].parent, steps(workspace)[-1].parent.parent):
        for name in BESIDE_CHECKPOINT:
            (folder / name).write_bytes(torch_file(place.canary))
    return resume(place, workspace, "goes on from step")


def _in_checkpoint(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        (steps(workspace)[-1] / name).write_bytes(torch_file(place.canary))
        return require_words(workspace.stage("finetune"), "CKPT_HASH_MISMATCH", name)

    return act


def _model_json(name: str, content: bytes, *, signed: bool) -> Callable[[Place], Done]:
    """A file of the model is another; `signed`: the manifest agrees with it."""

    def act(place: Place) -> Done:
        workspace = trained(place)
        workspace.write(f"data/model/{name}", content)
        if signed:
            _sign(workspace.root / "data/model")
        return require_words(workspace.finetrace("predict", "text"), name)

    return act


def _evil_about(place: Place) -> Done:
    """about.json of a model names a base that brings code, with the manifest in agreement."""
    workspace = trained(place)
    folder = workspace.root / "data/model"
    about = json.loads((folder / "about.json").read_bytes())
    shutil.copytree(workspace.root / "base", workspace.root / "evil")
    _auto_map("config.json")(workspace.root / "evil", place.canary)
    about["base"] |= {"folder": "evil", "sha256": about["base"]["sha256"]}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    _sign(folder)
    workspace.set(base={"folder": "evil"})
    return require_words(workspace.finetrace("predict", "text"), "auto_map")


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
    Case(
        37,
        "a base with pickled weights alone is refused",
        5,
        base_case(_only_pickle, "pytorch_model.bin", "safetensors"),
    ),
    Case(37, "a base whose safetensors is a pickle is refused", 5, base_case(_pickle_as_weights, "sha256")),
    Case(
        37,
        "a base whose config asks for its own code (auto_map) is refused",
        5,
        base_case(_auto_map("config.json"), "auto_map"),
    ),
    Case(
        37,
        "a base whose tokenizer asks for its own code (auto_map) is refused",
        5,
        base_case(_auto_map("tokenizer_config.json"), "auto_map"),
    ),
    Case(37, "a model whose base asks for its own code is refused", 5, _evil_about),
    Case(38, "pickles beside safetensors in the base are not opened", 0, _pickle_beside),
    Case(38, "hostile files beside checkpoints are not opened", 0, _beside_checkpoint),
    *(
        Case(38, f"a hostile {name} inside a checkpoint is refused by name", 5, _in_checkpoint(name))
        for name in BESIDE_CHECKPOINT[:3]
    ),
    Case(
        38,
        "another tokenizer.json in data/model is refused",
        5,
        _model_json("tokenizer.json", b'{"version": "1.0"}', signed=False),
    ),
    Case(38, "another config.json in data/model is refused", 5, _model_json("config.json", b"{}", signed=False)),
    Case(38, "a broken manifest in data/model is refused", 5, _model_json("manifest.json", b"[1, 2", signed=False)),
    Case(
        38, "a manifest of another shape in data/model is refused", 5, _model_json("manifest.json", b"[]", signed=False)
    ),
    Case(
        38,
        "a broken tokenizer.json that the manifest agrees with is refused",
        5,
        _model_json("tokenizer.json", b'{"model": 7}', signed=True),
    ),
    Case(
        38,
        "a broken config.json that the manifest agrees with is refused",
        5,
        _model_json("config.json", b"[]", signed=True),
    ),
    Case(
        38,
        "a broken about.json that the manifest agrees with is refused",
        5,
        _model_json("about.json", b"{}", signed=True),
    ),
    Case(
        38,
        "a base with a broken tokenizer.json is refused",
        5,
        base_case(_replaced("tokenizer.json", b'{"model": 7}'), "tokenizer.json"),
    ),
    Case(
        38, "a base with a broken config.json is refused", 5, base_case(_replaced("config.json", b"{"), "config.json")
    ),
    Case(38, "a base of a kind that does not exist is refused", 7, base_case(_other_config(model_type="evil"), "base")),
    Case(38, "a base whose config fits other weights is refused", 7, base_case(_other_config(hidden_size=64), "base")),
]
