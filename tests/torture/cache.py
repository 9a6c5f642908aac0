"""8, 9: a bit flipped in a DVC cache object that stays read-only; a poisoned entry of DVC's run-cache"""

import hashlib
import json

import yaml

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import registered
from tests.torture.registered_model import ADDRESS
from tests.torture.workspace import Workspace

TRAIN = "data/augmented/train.parquet"


def _entry(workspace: Workspace, stage: str, path: str) -> dict[str, str]:
    lock = yaml.safe_load((workspace.root / "dvc.lock").read_text())
    return next(each for each in lock["stages"][stage]["outs"] if each["path"] == path)


def _flip(workspace: Workspace, md5: str) -> None:
    """One bit of the object; it is read-only again afterwards, which is all that DVC looks at."""
    file = workspace.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(0o444)


def _audited(place: Place) -> Done:
    workspace = registered(place)
    md5 = _entry(workspace, "augment", TRAIN)["md5"]
    _flip(workspace, md5)
    return require_words(workspace.finetrace("audit", ADDRESS), md5, "augment")


def _trained_on(place: Place) -> Done:
    """The object is handed out by `dvc checkout`, which finds nothing wrong; training must not learn from it."""
    workspace = registered(place)
    _flip(workspace, _entry(workspace, "augment", TRAIN)["md5"])
    (workspace.root / TRAIN).unlink()
    workspace.run("-m", "dvc", "checkout", TRAIN)
    workspace.set(finetune={"epochs": 2})
    done = workspace.finetrace("run")
    versions = workspace.query("SELECT version FROM model_versions WHERE name NOT LIKE '%.ledger'")
    require(versions == [(1,)], f"a version was made: {versions}")
    return require_words(done, TRAIN)


def _poisoned(place: Place) -> Done:
    """An entry that promises other rows for the inputs of augment: the stage must run, not take it."""
    workspace = registered(place)
    before = (workspace.root / TRAIN).read_bytes()
    lock = yaml.safe_load((workspace.root / "dvc.lock").read_text())
    stage = lock["stages"]["augment"]
    evil = b"rows of somebody else"
    md5 = hashlib.md5(evil, usedforsecurity=False).hexdigest()
    workspace.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", evil).chmod(0o444)
    outs = [{**each, "md5": md5, "size": len(evil)} if each["path"] == TRAIN else each for each in stage["outs"]]
    _plant(workspace, {**stage, "outs": outs})
    (workspace.root / TRAIN).unlink()
    lock["stages"].pop("augment")
    workspace.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))
    done = workspace.finetrace("run", "--until", "augment")
    require((workspace.root / TRAIN).read_bytes() == before, "the poisoned entry was taken")
    return done


def _plant(workspace: Workspace, entry: dict[str, object]) -> None:
    """As DVC writes an entry: its folder is called by the digest of command, inputs and settings."""
    key = {"cmd": entry["cmd"], "deps": _named(entry["deps"]), "params": entry.get("params", {}), "outs": _paths(entry)}
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    value = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
    workspace.write(f".dvc/cache/runs/{name[:2]}/{name}/{value}", yaml.safe_dump(entry, sort_keys=False))


def _named(entries: object) -> list[object]:
    return [{key: each[key] for key in ("path", "hash", "md5")} for each in entries]  # type: ignore[attr-defined]


def _paths(entry: dict[str, object]) -> list[str]:
    return [each["path"] for each in entry["outs"]]  # type: ignore[attr-defined]


CASES: list[Case] = [
    Case(8, "a bit of a cache object is flipped, its mode kept: the audit names object and stage", 5, _audited),
    Case(8, "training refuses rows that `dvc checkout` took from a flipped cache object", 5, _trained_on),
    Case(9, "a poisoned entry of DVC's run-cache is not taken: the stage runs", 0, _poisoned),
]
