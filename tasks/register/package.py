"""A model folder → what MLflow keeps of it: self-contained, safetensors only, every byte in a manifest."""

import os
import shutil
import tempfile
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_file, sha256_of_value
from tasks.errors import IntegrityError
from tasks.files import write_json
from tasks.model.about import needs_base, read_about
from tasks.model.manifest import read_manifest
from tasks.model.settings import BaseSettings
from tasks.model.weights import weight_files
from tasks.settings import as_dict
from tasks.targets import Target

MANIFEST = "finetrace_manifest.json"
ALLOWED = frozenset({".json", ".md", ".py", ".safetensors", ".txt", ".yaml"})
"""File endings that a registered model may hold; anything else is refused before it is opened."""
_ALLOWED_NAMES = frozenset({"MLmodel", "registered_model_meta"})
_WRITTEN_LATER = frozenset({"registered_model_meta", MANIFEST})
"""MLflow adds the first when it hands a version out; the manifest cannot name itself."""
_REQUIRED = (
    "mlflow",
    "numpy",
    "pandas",
    "peft",
    "pydantic",
    "safetensors",
    "scipy",
    "tokenizers",
    "torch",
    "transformers",
)
OUTPUTS = "outputs"
"""The parameter by which the numbers behind each answer are asked for."""
_EXAMPLES = {"text": "an example of a text", "pair": "and of a second one"}


def build_package(folder: Path, *, model: Path, base: BaseSettings, root: Path, mlflow_model: Any) -> str:
    """Write the MLflow model into `folder`, from the verified model at `model`; returns the package's digest."""
    about = read_about(model)
    columns = about.input.columns
    bundled = _base_to_bundle(model, base, root)
    with tempfile.TemporaryDirectory(prefix="finetrace-package-") as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own type hints
        import mlflow.pyfunc

        scratch = Path(name)
        mlflow.pyfunc.save_model(
            path=folder,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts=_stage_artifacts(scratch, model, bundled),
            code_paths=[str(_stage_code(scratch))],
            signature=_signature(about.target),
            input_example={column: [_EXAMPLES[column]] for column in columns},
            pip_requirements=_requirements(None if bundled else base),
            metadata={"columns": list(columns)},
            model_config={"model_digest": read_manifest(model / "manifest.json")["digest"]},
            mlflow_model=mlflow_model,
        )
    _forget_folders(folder, mlflow_model)
    write_json(folder / MANIFEST, _make_manifest(folder))
    return verify_package(folder)


def verify_package(folder: Path, digest: str | None = None) -> str:
    """The digest of the package at `folder`, every byte checked; `digest` is the one it must have.

    Raises IntegrityError if a file is missing, added, changed, a link, or of a kind that can run code.
    """
    for path in package_files(folder):
        if is_refused(path):
            raise IntegrityError(f"{path}: a registered model holds no such file (pickles can run code). Remove it.")
    if not (folder / MANIFEST).is_file():
        raise IntegrityError(f"{folder} has no {MANIFEST}: it was not registered by finetrace, or is incomplete.")
    recorded, actual = read_manifest(folder / MANIFEST), _make_manifest(folder)
    if recorded != actual or digest not in (None, actual["digest"]):
        names = recorded["files"].keys() | actual["files"].keys()
        wrong = sorted(name for name in names if recorded["files"].get(name) != actual["files"].get(name))
        raise IntegrityError(
            f"{folder}: {', '.join(wrong) or MANIFEST} differ from what was registered. Do not use this model; "
            "register it again from its workspace."
        )
    return str(actual["digest"])


def open_package(folder: Path) -> Any:
    """The model inside the package, ready to predict (as tasks.model.files.load_model). Raises IntegrityError."""
    from pydantic import TypeAdapter

    from tasks.model.files import load_model

    verify_package(folder)
    model = folder / "artifacts" / "model"
    bundled = folder / "artifacts" / "base"
    base = as_dict(read_about(model).base) | {"folder": str(bundled) if bundled.is_dir() else None}
    return load_model(model, TypeAdapter(BaseSettings).validate_python(base), folder)


def is_refused(path: Path) -> bool:
    """Whether a registered model holds no such file: a link, or a kind that can run code."""
    return path.is_symlink() or (path.suffix not in ALLOWED and path.name not in _ALLOWED_NAMES)


def is_written_later(path: Path, folder: Path) -> bool:
    """Whether the package's list does not name this file of it."""
    return path.name in _WRITTEN_LATER and path.parent == folder


def package_files(folder: Path) -> list[Path]:
    """All files but the compiled code that Python leaves where it imports."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return [path for path in found if not (path.suffix == ".pyc" and path.parent.name == "__pycache__")]


def _make_manifest(folder: Path) -> dict[str, Any]:
    kept = [path for path in package_files(folder) if not is_written_later(path, folder)]
    files = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in kept}
    return {"files": files, "digest": sha256_of_value(files)}


def _base_to_bundle(model: Path, base: BaseSettings, root: Path) -> Path | None:
    """The base's folder if it must travel with the model; None if the model is whole or pip brings the base."""
    from tasks.model.base import PACKAGES, find_base

    if not needs_base(model):
        return None
    folder = find_base(base, root)
    package, inner = PACKAGES.get(base.id, ("", ""))
    return None if (folder.parent.name, folder.name) == (package, inner) else folder


def _stage_artifacts(scratch: Path, model: Path, base: Path | None) -> dict[str, str]:
    """Copies named `model` and `base`: MLflow keeps a folder under its own name."""
    shutil.copytree(model, scratch / "model")
    artifacts = {"model": str(scratch / "model")}
    if base is not None:
        (scratch / "base").mkdir()
        for name in ("config.json", *weight_files(base)):
            shutil.copyfile(base / name, scratch / "base" / name)
        artifacts["base"] = str(scratch / "base")
    return artifacts


def _stage_code(scratch: Path) -> Path:
    """The parts of `tasks` that predicting needs: the corridor, the model, what it reads and answers, and this room's
    way to open a package."""
    source, target = Path(__file__).parents[1], scratch / "tasks"
    for file in [
        *source.glob("*.py"),
        *(file for room in ("model", "inputs", "targets", "scoring") for file in (source / room).rglob("*.py")),
        *(source / "register" / name for name in ("__init__.py", "package.py")),
    ]:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return target


def _signature(target: Target) -> Any:
    """Answers and parameters, and no columns to read: with these MLflow refuses plain lists of texts, and with the mark
    that keeps it from checking, its server takes no other form than `inputs`. pyfunc_model checks what comes in."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, DataType, Map, Object, Property

    text, number, whole = DataType.string, DataType.double, DataType.long
    span = Object([Property("start", whole), Property("end", whole), Property("label", text), Property("text", text)])
    types = {
        "text": text,
        "number": number,
        "texts": Array(text),
        "numbers by name": Map(number),
        "spans": Array(span),
    }
    return ModelSignature(
        outputs=Schema([ColSpec(types[kind], column) for column, kind in target.answer_types.items()]),
        params=ParamSchema([ParamSpec("top_k", "integer", 1), ParamSpec(OUTPUTS, "boolean", False)]),
    )


def _requirements(base: BaseSettings | None) -> list[str]:
    """What predicting needs, at the versions installed here; with the package that brings the base, if one does."""
    from tasks.model.base import PACKAGES

    names = [
        *_REQUIRED,
        *([PACKAGES[base.id][0].replace("_", "-")] if base is not None and base.id in PACKAGES else []),
    ]
    return [f"{name}=={metadata.version(name).partition('+')[0]}" for name in names]


def _forget_folders(folder: Path, mlflow_model: Any) -> None:
    """Take this machine's folders out of MLmodel, and what Python compiled out of the code."""
    function = mlflow_model.flavors["python_function"]
    for artifact in function.get("artifacts", {}).values():
        artifact["uri"] = artifact["path"]
    function["model_code_path"] = Path(function["model_code_path"]).name
    mlflow_model.save(os.fspath(folder / "MLmodel"))
    for compiled in list(folder.rglob("__pycache__")):
        shutil.rmtree(compiled)
