"""Tampering with files: the model's, those kept beside the statement, DVC's objects, the base, the workspace's"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import yaml

from tasks.dvc_store import outputs
from tasks.register.package import MANIFEST
from tests.audited import Audited
from tests.torture.mutations import (
    Kind,
    below,
    flip,
    in_json,
    in_yaml,
    lineage_of,
    other_digest,
    package_of,
    put_back,
    rewrite,
)

Done = Iterator[str]


@contextmanager
def model_file_flipped(made: Audited, random: Random) -> Done:
    folder = package_of(made)
    file = random.choice([each for each in below(folder) if each.name != MANIFEST and "__pycache__" not in each.parts])
    with put_back(file):
        flip(file, random)
        yield file.relative_to(folder).as_posix()


@contextmanager
def model_file_deleted(made: Audited, random: Random) -> Done:
    folder = package_of(made)
    file = random.choice([each for each in below(folder) if each.name != MANIFEST and "__pycache__" not in each.parts])
    with put_back(file):
        file.unlink()
        yield file.relative_to(folder).as_posix()


@contextmanager
def model_file_added(made: Audited, random: Random) -> Done:
    folder = package_of(made)
    name = random.choice(["code/tasks/extra.py", "artifacts/model/extra.json", "weights.bin", "loader.pkl"])
    with put_back(folder / name):
        (folder / name).write_bytes(random.randbytes(20))
        yield name


@contextmanager
def model_files_swapped(made: Audited, random: Random) -> Done:
    """Two files of the model change places, or with the other version's."""
    name = "artifacts/model/weights.safetensors"
    one, other = package_of(made) / name, package_of(made, 1) / name
    with put_back(one, other):
        mine, theirs = one.read_bytes(), other.read_bytes()
        one.write_bytes(theirs)
        other.write_bytes(mine)
        yield name


@contextmanager
def manifest_edited(made: Audited, random: Random) -> Done:
    """A digest, a name or the digest of all, in the model's own list."""
    file = package_of(made) / MANIFEST
    place: list[str] = []

    def change(value: dict[str, dict[str, str]]) -> None:
        name = random.choice(sorted(value["files"]))
        place.append(name)
        if random.random() < 0.3:
            del value["files"][name]
        else:
            value["files"][name] = other_digest(value["files"][name], random)

    with put_back(file):
        rewrite(file, in_json(file, change))
        yield place[0]


@contextmanager
def statement_flipped(made: Audited, random: Random) -> Done:
    file = lineage_of(made) / "statement.json"
    with put_back(file):
        flip(file, random)
        yield "statement"


@contextmanager
def statement_edited(made: Audited, random: Random) -> Done:
    """What a thief would change: the digest of a file, the commit, a number."""
    file = lineage_of(made) / "statement.json"

    def change(value: dict[str, list[dict[str, dict[str, str]]]]) -> None:
        subject = random.choice(value["subject"])
        subject["digest"]["sha256"] = other_digest(subject["digest"]["sha256"], random)

    with put_back(file):
        rewrite(file, in_json(file, change))
        yield "statement"


@contextmanager
def statement_deleted(made: Audited, random: Random) -> Done:
    file = lineage_of(made) / "statement.json"
    with put_back(file):
        file.unlink()
        yield "statement"


@contextmanager
def kept_file_flipped(made: Audited, random: Random) -> Done:
    names = ("params.yaml", "dvc.lock", "dvc.yaml", "constraints.txt", "dirty.diff", "sbom.cdx.json", "lineage.svg")
    file = lineage_of(made) / random.choice(names)
    with put_back(file):
        flip(file, random)
        yield file.name


@contextmanager
def kept_file_deleted(made: Audited, random: Random) -> Done:
    file = lineage_of(made) / random.choice(("params.yaml", "dvc.lock", "dirty.diff"))
    with put_back(file):
        file.unlink()
        yield file.name


@contextmanager
def kept_file_added(made: Audited, random: Random) -> Done:
    file = lineage_of(made) / f"extra-{random.randrange(1000)}.txt"
    with put_back(file):
        file.write_text("?")
        yield file.name


@contextmanager
def signature_edited(made: Audited, random: Random) -> Done:
    file = lineage_of(made) / "signature.json"
    with put_back(file):
        if random.random() < 0.3:
            file.unlink()
        else:
            flip(file, random)
        yield "signature"


def _object(made: Audited, random: Random, folder: Path, *, folders: bool) -> tuple[Path, str]:
    """An object of the audited version, and its name."""
    lock = yaml.safe_load((made.paths.root / "dvc.lock").read_bytes())
    names = sorted(
        md5 for path, md5 in outputs(lock).items() if md5.endswith(".dir") == folders and "expect" not in path
    )
    name = random.choice(names)
    return folder / "files" / "md5" / name[:2] / name[2:], name


@contextmanager
def _object_flipped(made: Audited, random: Random, folder: Path, *, folders: bool) -> Done:
    file, name = _object(made, random, folder, folders=folders)
    with put_back(file):
        flip(file, random)
        assert not file.stat().st_mode & 0o222
        yield name


def cache_object_flipped(made: Audited, random: Random) -> object:
    return _object_flipped(made, random, made.paths.root / ".dvc" / "cache", folders=False)


def cache_folder_flipped(made: Audited, random: Random) -> object:
    return _object_flipped(made, random, made.paths.root / ".dvc" / "cache", folders=True)


def remote_object_flipped(made: Audited, random: Random) -> object:
    return _object_flipped(made, random, made.paths.root / "remote", folders=False)


@contextmanager
def workspace_file_flipped(made: Audited, random: Random) -> Done:
    names = ("data/model/weights.safetensors", "data/model/about.json", "data/evaluation/results.json",
             "data/augmented/train.parquet", "data/split/test.parquet", "data/ingested/rows.parquet")  # fmt: skip
    name = random.choice(names)
    with put_back(made.paths.root / name):
        flip(made.paths.root / name, random)
        yield "/".join(name.split("/")[:2])


@contextmanager
def lock_edited(made: Audited, random: Random) -> Done:
    """An md5 or a size in the workspace's dvc.lock."""
    file = made.paths.root / "dvc.lock"
    place: list[str] = []

    def change(value: dict[str, dict[str, dict[str, list[dict[str, object]]]]]) -> None:
        stage = random.choice(sorted(value["stages"]))
        entry = random.choice(value["stages"][stage][random.choice(["deps", "outs"])])
        place.append(stage)
        if random.random() < 0.3:
            entry["size"] = random.randrange(2, 10_000)
        else:
            entry["md5"] = other_digest(str(entry["md5"]), random)

    with put_back(file):
        rewrite(file, in_yaml(file, change))
        yield f"({place[0]})"


@contextmanager
def base_flipped(made: Audited, random: Random) -> Done:
    file = made.paths.root / "base" / "model.safetensors"
    with put_back(file):
        flip(file, random)
        yield "model.safetensors"


KINDS: tuple[Kind, ...] = (
    Kind("a bit of a model's file is flipped", "package", model_file_flipped),
    Kind("a model's file is deleted", "package", model_file_deleted),
    Kind("a file is added to the model", "package", model_file_added),
    Kind("two versions' weights change places", "package", model_files_swapped),
    Kind("the model's own list is edited", "package", manifest_edited),
    Kind("a bit of the statement is flipped", "statement", statement_flipped),
    Kind("the statement is edited", "statement", statement_edited),
    Kind("the statement is deleted", "statement", statement_deleted),
    Kind("the signature is edited or removed", "statement", signature_edited),
    Kind("a bit of a kept file is flipped", "kept", kept_file_flipped),
    Kind("a kept file is deleted", "kept", kept_file_deleted),
    Kind("a file is put among the kept", "kept", kept_file_added),
    Kind("a bit of an object in the cache is flipped", "cache", cache_object_flipped),
    Kind("a bit of a folder's list in the cache is flipped", "cache", cache_folder_flipped),
    Kind("a bit of an object in the remote is flipped", "remote", remote_object_flipped),
    Kind("a bit of an output in the workspace is flipped", "workspace", workspace_file_flipped),
    Kind("the workspace's dvc.lock is edited", "workspace", lock_edited),
    Kind("a bit of the base is flipped", "base", base_flipped),
)
