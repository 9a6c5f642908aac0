"""42: archives whose members climb out, are absolute, are links or come twice, as data or as a model: never opened

finetrace reads no archive. What must hold is that none is opened on the way: not by DVC, MLflow, a reader or a loader.
"""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.torture.bad_input import ready, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import NAME, give_pipeline, plain, registered, trained
from tests.torture.registered_model import ADDRESS, package_of
from tests.torture.traversal import FOREIGN

ROWS = b"text,label\nwhere is my parcel,order\n" * 50
ESCAPED = "escaped.csv"
MEMBERS: dict[str, Callable[[Path], list[str]]] = {
    "climbs out": lambda _: [f"../../../{ESCAPED}"],
    "is absolute": lambda folder: [str(folder / ESCAPED)],
    "comes twice": lambda _: [ESCAPED, ESCAPED],
    "goes through a link": lambda _: [f"link/{ESCAPED}"],
}
"""What is wrong with a member → the names of the members."""
KINDS = ("zip", "tar", "tar.gz")


def make_archive(kind: str, wrong: str, folder: Path) -> bytes:
    """An archive of this kind, with members that are wrong in this way; `folder` is where they would come out."""
    names = MEMBERS[wrong](folder)
    target = str(folder) if wrong == "goes through a link" else ""
    written = io.BytesIO()
    if kind == "zip":
        _zip(written, names, target)
    else:
        _tar(written, names, target, "w:gz" if kind == "tar.gz" else "w")
    return written.getvalue()


def _zip(written: io.BytesIO, names: list[str], target: str) -> None:
    with zipfile.ZipFile(written, "w") as archive:
        if target:
            link = zipfile.ZipInfo("link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, target)
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), ROWS)


def _tar(written: io.BytesIO, names: list[str], target: str, mode: str) -> None:
    with tarfile.open(fileobj=written, mode=mode) as archive:  # type: ignore[call-overload]
        if target:
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(ROWS)
            archive.addfile(member, io.BytesIO(ROWS))


Use = Callable[[Place, bytes, str], Done]
"""Gives finetrace the archive, whose name ends so; the command that must refuse it."""


def _tried(use: Use, kind: str, wrong: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        done = use(place, make_archive(kind, wrong, place.folder), kind)
        out = [str(each.relative_to(place.folder)) for each in place.folder.rglob(ESCAPED)]
        require(not out, f"a member came out: {out}")
        require(not list(place.folder.rglob("link")), "a member came out: link")
        return done

    return act


def _ingested(name: str) -> Use:
    def use(place: Place, archive: bytes, kind: str) -> Done:
        workspace, path = ready(place), f"data/raw/{name.format(kind=kind)}"
        workspace.write(path, archive)
        workspace.set(ingest={"path": path})
        return require_words(unchanged(workspace, "ingest"), path)

    return use


def _added(place: Place, archive: bytes, kind: str) -> Done:
    workspace = place.copy(plain(place.lab))
    give_pipeline(workspace)
    given = place.folder / f"given.{kind}"
    given.write_bytes(archive)
    done = workspace.finetrace("data", "add", str(given))
    require(not list((workspace.root / "data/raw").glob("given*")), "it was copied in")
    return require_words(done, f"given.{kind}")


def _as_base(place: Place, archive: bytes, kind: str) -> Done:
    """In the place of a base's weights, with the digest that params.yaml asks for."""
    workspace = ready(place)
    workspace.write("base/model.safetensors", archive)
    base = {"sha256": hashlib.sha256(archive).hexdigest()}
    workspace.set(base=base, validate={"label_errors": "report"})
    return require_words(unchanged(workspace, "validate"), "model.safetensors")


def _as_base_folder(place: Place, archive: bytes, kind: str) -> Done:
    workspace = ready(place)
    workspace.write(f"base.{kind}", archive)
    workspace.set(base={"folder": f"base.{kind}"}, validate={"label_errors": "report"})
    return require_words(unchanged(workspace, "validate"), "base.folder")


def _as_model(place: Place, archive: bytes, kind: str) -> Done:
    """Beside the weights of the model that is to be registered."""
    workspace = trained(place)
    workspace.write(f"data/model/more.{kind}", archive)
    done = workspace.finetrace("register")
    require(workspace.champion() is None, "a version was made")
    return require_words(done, f"more.{kind}")


def _as_part_of_version(place: Place, archive: bytes, kind: str) -> Done:
    workspace = registered(place)
    added = package_of(workspace) / f"more.{kind}"
    added.write_bytes(archive)
    done = workspace.finetrace("predict", "x", "--model", ADDRESS)
    added.unlink()
    return require_words(done, f"more.{kind}")


def _as_version(place: Place, archive: bytes, kind: str) -> Done:
    """A version that somebody wrote straight into the store, its source an archive."""
    workspace = registered(place)
    source = workspace.write(f"more.{kind}", archive)
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{workspace.root}/mlflow.db"}
    written = workspace.start("-c", FOREIGN, NAME, str(source), extra=store).finish()
    require(written.code == 0, f"MLflow itself refuses it now: {written.last_words}")
    return workspace.finetrace("predict", "x", "--model", f"models:/{NAME}/2")


USES: dict[str, tuple[int, Use, tuple[str, ...]]] = {
    "as ingest.path": (4, _ingested("rows.{kind}"), KINDS),
    "as a csv": (4, _ingested("rows.csv"), ("zip", "tar")),
    "as a packed csv": (4, _ingested("rows.csv.gz"), ("tar.gz",)),
    "to data add": (4, _added, KINDS),
    "as a base's weights": (5, _as_base, KINDS),
    "as base.folder": (2, _as_base_folder, ("zip",)),
    "in data/model": (5, _as_model, ("zip", "tar")),
    "in a version's files": (5, _as_part_of_version, ("zip", "tar")),
    "as a version's source": (5, _as_version, ("zip", "tar")),
}
"""How it is given → exit code, what gives it, kinds of archive tried."""
WRONG_IN = {"as ingest.path": tuple(MEMBERS), "to data add": tuple(MEMBERS)}
"""Where each kind of wrong member is tried; elsewhere one of them."""
CASES: list[Case] = [
    Case(42, f"a {kind} {how} whose member {wrong} is refused, and nothing comes out", code, _tried(use, kind, wrong))
    for how, (code, use, kinds) in USES.items()
    for kind in kinds
    for wrong in WRONG_IN.get(how, ("climbs out",))
]
