"""41: names and paths that lead out of the workspace."""

from collections.abc import Callable

from tests.torture.bad_input import ready, refused, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME, give_pipeline, plain, registered
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


def _outside(name: str) -> Callable[[Place], Done]:
    """A good file outside of the workspace, named by a path that leaves it."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        (place.folder / "outside.csv").write_text(as_csv(easy_rows(40)), encoding="utf-8")
        workspace.set(ingest={"path": name.format(folder=place.folder)})
        return require_words(unchanged(workspace, "ingest"), "outside.csv")

    return act


def _linked_folder(place: Place) -> Done:
    workspace = ready(place)
    (place.folder / "elsewhere").mkdir()
    (place.folder / "elsewhere" / "rows.csv").write_text(as_csv(easy_rows(40)), encoding="utf-8")
    (workspace.root / "data/raw/linked").symlink_to(place.folder / "elsewhere")
    workspace.set(ingest={"path": "data/raw/linked/rows.csv"})
    return require_words(unchanged(workspace, "ingest"), "linked")


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
    Case(41, "an ingest.path that climbs out of the workspace is refused", 2, _outside("../outside.csv")),
    Case(41, "an ingest.path that climbs out further down is refused", 2, _outside("data/raw/../../../outside.csv")),
    Case(41, "an absolute ingest.path is refused", 2, _outside("{folder}/outside.csv")),
    Case(41, "an ingest.path through a linked folder that leads out is refused", 4, _linked_folder),
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
