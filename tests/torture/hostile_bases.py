"""37 and 38: bases that bring pickles, code of their own, or files that are not what they are called."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.hostile import pickled, python_file, torch_file
from tests.torture.place import Place
from tests.torture.planted import sign
from tests.torture.prepared import plain, trained


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
    def change(folder: Path, canary: Path) -> None:
        (folder / name).write_bytes(content)

    return change


def _without(name: str) -> Callable[[Path, Path], None]:
    return lambda folder, _: (folder / name).unlink()


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


def _evil_about(place: Place) -> Done:
    """about.json of a model names a base that brings code, with the manifest in agreement."""
    workspace = trained(place)
    folder = workspace.root / "data/model"
    about = json.loads((folder / "about.json").read_bytes())
    shutil.copytree(workspace.root / "base", workspace.root / "evil")
    _auto_map("config.json")(workspace.root / "evil", place.canary)
    about["base"] |= {"folder": "evil", "sha256": about["base"]["sha256"]}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    sign(folder)
    workspace.set(base={"folder": "evil"})
    return require_words(workspace.finetrace("predict", "text"), "auto_map")


CASES: list[Case] = [
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
    Case(
        38,
        "a base with a broken tokenizer.json is refused",
        5,
        base_case(_replaced("tokenizer.json", b'{"model": 7}'), "tokenizer.json"),
    ),
    Case(
        38, "a base with a broken config.json is refused", 5, base_case(_replaced("config.json", b"{"), "config.json")
    ),
    Case(
        38,
        "a base whose config.json is a list is refused",
        5,
        base_case(_replaced("config.json", b"[]"), "config.json"),
    ),
    Case(38, "a base without its config.json is refused", 5, base_case(_without("config.json"), "config.json")),
    Case(
        38,
        "a base without its vocabulary is refused, and no text read as unknown words",
        7,
        base_case(_without("tokenizer.json"), "tokenizer.json"),
    ),
    Case(38, "a base of a kind that does not exist is refused", 7, base_case(_other_config(model_type="evil"), "base")),
    Case(38, "a base whose config fits other weights is refused", 7, base_case(_other_config(hidden_size=64), "base")),
]
