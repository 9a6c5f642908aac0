import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model

from tasks.errors import IntegrityError
from tasks.model.files import load_model
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.weights import digest_of_weights, weight_files
from tasks.register.package import MANIFEST, build_package, open_package, verify_package
from tests.conftest import shard


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the module's one package is kept; filled by the first test that asks."""
    return {"folder": tmp_path_factory.mktemp("packages")}


@pytest.fixture
def package(built: dict[str, Path], workspace, tmp_path: Path) -> Path:
    """A fresh copy of a built package."""
    if "package" not in built:
        built["package"] = built["folder"] / "package"
        build(workspace, built["package"])
    return Path(shutil.copytree(built["package"], tmp_path / "copy"))


def build(workspace, folder: Path) -> str:
    paths = workspace.paths
    return build_package(folder, model=paths.model, base=workspace.base, root=paths.root, mlflow_model=Model())


def load(package: Path) -> None:
    import mlflow.pyfunc  # late: it warns of itself, and building has imported it in silence

    mlflow.pyfunc.load_model(str(package))


def test_it_predicts_what_the_model_predicts(package: Path, workspace) -> None:
    texts = ["where is my parcel", "refund please"]
    expected = load_model(workspace.paths.model, workspace.base, workspace.paths.root).predict(texts)
    np.testing.assert_allclose(open_package(package).predict(texts), expected, rtol=1e-5)


def test_a_base_from_a_folder_travels_with_it(package: Path, workspace) -> None:
    shutil.rmtree(workspace.paths.root)
    assert open_package(package).predict(["refund"]).shape == (1, 2)


def test_a_whole_model_needs_no_base(workspace, tmp_path: Path) -> None:
    workspace.train(seed=2, strategy=Full())
    build(workspace, tmp_path / "whole")
    assert not (tmp_path / "whole" / "artifacts" / "base").exists()


def test_an_ensemble_is_packed_whole_with_the_base_that_a_member_needs(workspace, tmp_path: Path) -> None:
    workspace.train_ensemble(FeatureExtraction(), Full())
    texts = ["where is my parcel", "refund please"]
    expected = load_model(workspace.paths.model, workspace.base, workspace.paths.root).predict(texts)
    build(workspace, tmp_path / "package")
    shutil.rmtree(workspace.paths.root)
    np.testing.assert_allclose(open_package(tmp_path / "package").predict(texts), expected, rtol=1e-5)


def test_an_ensemble_of_whole_models_needs_no_base(workspace, tmp_path: Path) -> None:
    workspace.train_ensemble(Full(), Full())
    build(workspace, tmp_path / "whole")
    assert not (tmp_path / "whole" / "artifacts" / "base").exists()
    assert len(open_package(tmp_path / "whole").predict(["refund"])) == 1


def test_every_file_is_covered_by_the_manifest(package: Path) -> None:
    """Fault 10: one byte flipped in any file, the code and MLmodel included."""
    for file in [path for path in sorted(package.rglob("*")) if path.is_file() and path.stat().st_size]:
        original = file.read_bytes()
        file.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
        with pytest.raises((IntegrityError, ValueError), match=r".") as caught:
            verify_package(package)
        assert file.name == MANIFEST or isinstance(caught.value, IntegrityError), file
        file.write_bytes(original)


@pytest.mark.parametrize(
    "given",
    [
        ["refund", "parcel"],
        np.array(["refund", "parcel"], dtype=object),
        pd.DataFrame({"text": ["refund", "parcel"]}),
        pd.DataFrame({"id": ["a", "b"], "text": ["refund", "parcel"]}),
        pd.DataFrame({"message": ["refund", "parcel"]}),
        {"text": ["refund", "parcel"]},
        [{"text": "refund"}, {"text": "parcel"}],
    ],
)
def test_texts_may_come_in_many_ways(given: Any) -> None:
    assert texts_of(given) == ["refund", "parcel"]


@pytest.mark.parametrize(
    "given", [[1, 2], [None], pd.DataFrame({"id": ["a"], "message": ["b"]}), {"message": ["b"]}, [["refund"]], 7]
)
def test_what_is_no_text_is_refused_not_guessed(given: Any) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="Give texts"):
        texts_of(given)


def texts_of(given: Any) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of itself when it is imported
        from tasks.register.pyfunc_model import _texts
    return _texts(given)


def test_mlflow_does_not_load_a_package_with_a_flipped_byte(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 10, through the door that users take."""
    monkeypatch.setattr(sys, "path", list(sys.path))  # MLflow puts the package's code there
    weights = package / "artifacts" / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(IntegrityError, match=r"weights\.safetensors"):
        load(package)


def test_mlflow_does_not_load_another_model_than_was_packed(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model and a manifest that agree with each other, but not with MLmodel."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    manifest = package / "artifacts" / "model" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"digest": "', '"digest": "0'))
    with pytest.raises(IntegrityError, match="is not the model"):
        load(package)


def test_a_consistent_forgery_has_another_digest(package: Path) -> None:
    digest = verify_package(package)
    (package / "requirements.txt").write_text("evil\n")
    (package / MANIFEST).unlink()
    with pytest.raises(IntegrityError):
        verify_package(package, digest)


@pytest.mark.parametrize("name", ["python_model.pkl", "artifacts/model/pytorch_model.bin", "x.joblib", "code/x.so"])
def test_files_that_can_run_code_are_refused(package: Path, name: str) -> None:
    """Fault 37."""
    (package / name).write_bytes(b"canary")
    with pytest.raises(IntegrityError, match=Path(name).name):
        open_package(package)


def test_a_link_out_of_the_folder_is_refused(package: Path) -> None:
    (package / "extra.json").symlink_to("/etc/hostname")
    with pytest.raises(IntegrityError, match=r"extra\.json"):
        verify_package(package)


def test_what_mlflow_and_python_leave_there_is_no_tampering(package: Path) -> None:
    (package / "registered_model_meta").write_text("model_name: tiny\n")
    (package / "code" / "tasks" / "__pycache__").mkdir()
    (package / "code" / "tasks" / "__pycache__" / "paths.cpython-311.pyc").write_bytes(b"")
    assert verify_package(package)


def test_it_names_no_folder_of_this_machine(package: Path, workspace) -> None:
    repository = str(Path(__file__).parents[3])
    for file in (path for path in package.rglob("*") if path.is_file()):
        assert repository.encode() not in file.read_bytes(), file
        assert str(workspace.paths.root.parent).encode() not in file.read_bytes(), file


def test_no_pickle_is_inside(package: Path) -> None:
    assert {path.suffix for path in package.rglob("*") if path.is_file()} == {
        "",
        ".json",
        ".py",
        ".safetensors",
        ".txt",
        ".yaml",
    }


def test_a_tampered_base_is_refused_while_building(make_workspace: Callable[[str], object], tmp_path: Path) -> None:
    workspace = make_workspace("other")
    weights = workspace.paths.root / "base" / "model.safetensors"  # type: ignore[attr-defined]
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(IntegrityError, match=r"base\.sha256"):
        build(workspace, tmp_path / "package")


def test_a_base_in_several_files_travels_whole(make_workspace: Callable[[str], Any], tmp_path: Path) -> None:
    workspace = make_workspace("several")
    digest = shard(workspace.paths.root / "base", "4KB")
    workspace.base = replace(workspace.base, sha256=digest)
    workspace.train(seed=3)
    expected = load_model(workspace.paths.model, workspace.base, workspace.paths.root).predict(["refund please"])
    build(workspace, tmp_path / "package")
    shutil.rmtree(workspace.paths.root)
    np.testing.assert_allclose(open_package(tmp_path / "package").predict(["refund please"]), expected, rtol=1e-5)
    copied = tmp_path / "package" / "artifacts" / "base"
    assert len(weight_files(copied)) > 2
    assert digest_of_weights(copied) == digest
