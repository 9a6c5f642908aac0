"""41: names and paths that lead out of the workspace."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.torture.bad_input import ingested, ready, refused, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME, give_pipeline, plain, registered, trained
from tests.torture.rows import as_csv, easy_rows

NAMES = ("../evil", "/etc/evil", "a/../../b", "..", ".", "a\\b", "a\x00b", "a" * 300, "%2e%2e%2fevil", "a\nb", "évil")
FOREIGN = """
import sys, mlflow
client = mlflow.MlflowClient()
client.create_model_version(sys.argv[1], source=sys.argv[2])
"""


def _named(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(register={"name": name})
        return require_words(unchanged(workspace, "ingest"), "register.name")

    return act


def _shared(name: str) -> Callable[[Place], Done]:
    """Good data outside of the workspace, to which a person points on purpose: read, and no report says where."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        rows, shared = easy_rows(40), _elsewhere(place)
        (shared / "rows.csv").write_text(as_csv(rows), encoding="utf-8")
        (workspace.root / "linked").symlink_to(shared)
        workspace.set(ingest={"path": name.format(folder=place.folder)})
        done = workspace.stage("ingest")
        require(done.code == 0, f"refused: {done.last_words}")
        require(ingested(workspace) == rows, "the rows are others")
        report = (workspace.root / "data/reports/ingest.json").read_text(encoding="utf-8")
        require(str(place.folder) not in report, f"the report says where: {report}")
        return done

    return act


def _elsewhere(place: Place) -> Path:
    folder = place.folder / "elsewhere"
    folder.mkdir()
    return folder


def _linked_out(name: str) -> Callable[[Place], Done]:
    """A part of data/ leads out of the workspace: nothing is read from there, and nothing written to there."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        elsewhere, linked = _elsewhere(place), workspace.root / name
        if linked.exists():
            shutil.copytree(linked, elsewhere, dirs_exist_ok=True)
            shutil.rmtree(linked)
        linked.symlink_to(elsewhere)
        (elsewhere / "rows.csv").write_text(as_csv(easy_rows(40)), encoding="utf-8")
        if name.startswith("data/raw"):
            workspace.set(ingest={"path": f"{name}/rows.csv"})
        before = _contents(elsewhere)
        done = unchanged(workspace, "ingest")
        require(_contents(elsewhere) == before, "a file outside was written")
        return require_words(done, name, "link")

    return act


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _registered_from_elsewhere(place: Place) -> Done:
    workspace = trained(place)
    shutil.move(workspace.root / "data/model", place.folder / "elsewhere")
    (workspace.root / "data/model").symlink_to(place.folder / "elsewhere")
    done = workspace.finetrace("register")
    require(workspace.champion() is None, "a version was made")
    return require_words(done, "data/model", "link")


def _fetched(name: str) -> Callable[[Place], Done]:
    """What is fetched is written: not outside of the workspace."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        address = {"url": "https://203.0.113.7/rows.csv", "sha256": "0" * 64}
        workspace.set(ingest={"path": name.format(folder=place.folder), **address})
        done = unchanged(workspace, "ingest")
        require(not (place.folder / "fetched.csv").exists(), "it was written")
        return require_words(done, "ingest.path", "fetched.csv")

    return act


def _base_folder(name: str, *words: str) -> Callable[[Place], Done]:
    """A folder outside that is no base: nothing in it is shown or loaded."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(base={"folder": name}, validate={"label_errors": "report"})
        return require_words(unchanged(workspace, "validate"), *words)

    return act


def _data_name(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = place.copy(plain(place.lab))
        give_pipeline(workspace)
        (place.folder / "good.csv").write_text(as_csv(easy_rows(40)), encoding="utf-8")
        before = set(place.folder.rglob("*.csv"))
        done = workspace.finetrace("data", "add", str(place.folder / "good.csv"), "--name", name)
        require(set(place.folder.rglob("*.csv")) == before, "a file was written")
        return require_words(done, "--name")

    return act


def _data_link(place: Place) -> Done:
    workspace = place.copy(plain(place.lab))
    give_pipeline(workspace)
    (place.folder / "link.csv").symlink_to("/etc/passwd")
    return require_words(workspace.finetrace("data", "add", str(place.folder / "link.csv")), "link")


def _address(address: str) -> Callable[[Place], Done]:
    return lambda place: require_words(registered(place).finetrace("predict", "x", "--model", address), "--model")


def _foreign(source: str) -> Callable[[Place], Done]:
    """A version that somebody wrote straight into the store, its files anywhere: never loaded."""

    def act(place: Place) -> Done:
        workspace = registered(place)
        uri = f"sqlite:///{workspace.root}/mlflow.db"
        written = workspace.start("-c", FOREIGN, NAME, source, extra={"MLFLOW_TRACKING_URI": uri}).finish()
        require(written.code == 0, f"MLflow itself refuses it now: {written.last_words}")
        return workspace.finetrace("predict", "x", "--model", f"models:/{NAME}/2")

    return act


CASES: list[Case] = [
    *(Case(41, f"{name[:20]!a} as the registered model's name is refused", 2, _named(name)) for name in NAMES),
    *(
        Case(41, f"an ingest.path that {how} is read, and where it lies is in no report", 0, _shared(name))
        for how, name in {
            "climbs out of the workspace": "../elsewhere/rows.csv",
            "climbs out further down": "data/raw/../../../elsewhere/rows.csv",
            "is absolute": "{folder}/elsewhere/rows.csv",
            "leads through a linked folder": "linked/rows.csv",
        }.items()
    ),
    *(
        Case(41, f"{name} as a link that leads out of the workspace is refused", 4, _linked_out(name))
        for name in ("data/raw/linked", "data/ingested", "data/reports", "data/split")
    ),
    Case(41, "a data/model that leads out of the workspace is not registered", 4, _registered_from_elsewhere),
    *(
        Case(41, f"nothing is fetched to an ingest.path that {how}", 2, _fetched(name))
        for how, name in {"climbs out": "../fetched.csv", "is absolute": "{folder}/fetched.csv"}.items()
    ),
    refused(
        41, "a NUL in ingest.path is refused", lambda _: None, "ingest.path", exit_code=2, ingest={"path": "a\x00.csv"}
    ),
    Case(
        41,
        "a base.folder that climbs out to no base is refused",
        5,
        _base_folder("../../../../../../../etc", "safetensors"),
    ),
    Case(41, "an absolute base.folder that is no base is refused", 5, _base_folder("/proc/self", "safetensors")),
    Case(41, "a base.folder that is a file is refused", 2, _base_folder("params.yaml", "base.folder")),
    *(
        Case(41, f"data add --name {name} is refused", 2, _data_name(name))
        for name in ("../evil", "/evil", "..", "a/b")
    ),
    Case(41, "data add does not follow a symbolic link", 4, _data_link),
    *(
        Case(41, f"predict --model {address} is refused", 2, _address(address))
        for address in ("models:/../x@champion", "file:///etc", "runs:/x/model", f"models:/{NAME}/../1")
    ),
    Case(41, "a version whose source is file:///etc is not loaded", 5, _foreign("file:///etc/ssl")),
    Case(41, "a version whose source is nowhere is not loaded", 5, _foreign("/nonexistent/model")),
]
