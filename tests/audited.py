"""A small workspace as a clone leaves it after two runs: git, DVC cache, remote, Prefect, MLflow, ledger

Everything but the stages is real: what they would have made is written here, and named in dvc.lock as DVC would.
"""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import torch
import yaml
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from tasks.config import load_config
from tasks.digest import md5_of_file, sha256_of_file
from tasks.dvc_store import md5_of
from tasks.lineage.ledger import append, read_ledger, set_anchor
from tasks.lineage.materials import folder_digests
from tasks.paths import Paths
from tasks.register.stage import run as register
from tasks.settings import as_dict
from tasks.tracking.store import Store, init_store, open_store
from tests.unit.register.conftest import WORDS, Workspace

NAME = "tiny"
FLOW_RUN = "258852e2-ea89-450a-9bf7-9f593f3c3421"
STAGES = {
    "ingest": (["data/raw/rows.csv", "tasks/ingest", "constraints.txt"], ["data/ingested/rows.parquet"]),
    "validate": (["data/ingested/rows.parquet"], ["data/validated/rows.parquet", "data/expectations.json"]),
    "split": (["data/validated/rows.parquet"], ["data/split/val.parquet", "data/split/test.parquet"]),
    "augment": (["data/validated/rows.parquet"], ["data/augmented/train.parquet"]),
    "finetune": (["data/augmented/train.parquet", "data/split/val.parquet", "tasks/model.py"],
                 ["data/model", "data/reports/finetune.json"]),
    "evaluate": (["data/model", "data/split/test.parquet"], ["data/evaluation", "data/reports/evaluate.json"]),
}  # fmt: skip
IGNORED = "/data/*\n!/data/expectations.json\n/.finetrace/\n/mlflow.db*\n/mlartifacts/\n/base/\n/remote/\n"
STAGE = """import os, pathlib, shutil, sys
# a stage that "makes" what lies ready for it, so that a second making takes no seconds
for name in {stages}[sys.argv[1]][1]:
    source, target = pathlib.Path(os.environ["AUDITED_OUTPUTS"], name), pathlib.Path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
"""
PREFECT = """
CREATE TABLE flow (id TEXT, name TEXT);
CREATE TABLE flow_run (id TEXT, flow_id TEXT, state_type TEXT, parameters TEXT);
CREATE TABLE events (event TEXT, resource_id TEXT);
"""


class Audited:
    """The workspace, with versions 1 and 2; 2 is the champion, by promotion."""

    def __init__(self, root: Path) -> None:
        self.paths = Paths(root)
        with cleared_environment():
            _lay_out(self.paths)
            init_store(self.paths)
            self.run(seed=1)
            self.run(seed=2)
            self.promote(2)

    @property
    def store(self) -> Store:
        return open_store(self.paths)

    def run(self, seed: int) -> int:
        """A retraining that gives another model for each seed; its version."""
        config = load_config(self.paths.params)
        made = Workspace(self.paths, config.base)
        made.train(seed)
        made.evaluate()
        for name in ("ingested/rows.parquet", "validated/rows.parquet"):
            file = self.paths.data / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"rows as read: the same in every run")
        self.record()
        page = "tasks.report.run_report.render_run_report"  # has tests of its own
        flow_run = {"FINETRACE_FLOW_RUN_ID": FLOW_RUN}
        with patch(page, lambda paths, verdict: "<!DOCTYPE html>"), patch.dict(os.environ, flow_run):
            verdict = register(self.paths, register=config.register, base=config.base, settings=as_dict(config))
        return int(verdict["version"])

    def record(self) -> None:
        """dvc.lock, and the objects in cache and remote, as DVC writes them."""
        params = yaml.safe_load(self.paths.params.read_text())
        stages = {}
        for name, (deps, outs) in STAGES.items():
            stages[name] = {
                "cmd": f"python -m tasks {name}",
                "deps": [self._entry(each) for each in deps],
                **({"params": {"params.yaml": {name: params[name]}}} if name in params else {}),
                "outs": [self._entry(each) for each in outs],
            }
            for out in (*outs, *(["data/raw/rows.csv"] if name == "ingest" else [])):
                if out != "data/expectations.json":
                    self._cache(self.paths.root / out)
        lock = yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False)
        (self.paths.root / "dvc.lock").write_text(lock)

    def promote(self, version: int) -> None:
        """Make a version the champion, as `finetrace promote` does."""
        ledger = read_ledger(self.store, self.paths, NAME)
        append(
            self.store,
            self.paths,
            NAME,
            expected=ledger.chain.head,
            action="promote",
            version=version,
            before=ledger.chain.champion,
            after=version,
            by="ada",
            via="cli",
            reason="better on the slices",
        )
        self.store.client.set_registered_model_alias(NAME, "champion", str(version))
        set_anchor(self.store, NAME, read_ledger(self.store, self.paths, NAME).chain.head)

    def _entry(self, path: str) -> dict[str, object]:
        return {"path": path, "hash": "md5", "md5": md5_of(self.paths.root / path), "size": 1}

    def _cache(self, path: Path) -> None:
        for folder in (self.paths.root / ".dvc" / "cache", self.paths.root / "remote"):
            for file in [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file()):
                _put(folder, md5_of_file(file), file.read_bytes())
            if path.is_dir():
                listed = [{"md5": md5, "relpath": name} for name, (md5, _) in folder_digests(path).items()]
                listed.sort(key=lambda each: each["relpath"].split("/"))
                _put(folder, md5_of(path), json.dumps(listed, sort_keys=True).encode())


def _put(folder: Path, name: str, content: bytes) -> None:
    file = folder / "files" / "md5" / name[:2] / name[2:]
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o444)


def _lay_out(paths: Paths) -> None:
    """What a clone holds, committed; and one change that is not."""
    root = paths.root
    _make_base(root / "base")
    files = {
        "params.yaml": yaml.safe_dump(_params(sha256_of_file(root / "base" / "model.safetensors"))),
        "dvc.yaml": yaml.safe_dump({"stages": _pipeline()}, sort_keys=False),
        "constraints.txt": "numpy==2.4.0\n",
        "tasks/__init__.py": "",
        "tasks/__main__.py": STAGE.format(stages=STAGES),
        "tasks/ingest/stage.py": "# reads\n",
        "tasks/ingest/settings.py": "# knobs\n",
        "tasks/model.py": "# learns\n",
        "data/raw/rows.csv": "text,label\nwhere is my parcel,delivery\n",
        "data/expectations.json": "{}\n",
        ".gitignore": IGNORED,
        ".dvc/config": "[core]\n    remote = near\n['remote \"near\"']\n    url = ../remote\n",
        ".dvc/.gitignore": "/cache\n/tmp\n/config.local\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert all(name in files for deps, _ in STAGES.values() for name in deps if name.endswith((".txt", ".py", ".csv")))
    for arguments in (["init", "-q"], ["add", "."], [*_ADA, "commit", "-qm", "first"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    (root / "tasks" / "model.py").write_text("# learns, and more\n")
    (paths.state / "prefect").mkdir(parents=True)
    with closing(sqlite3.connect(paths.state / "prefect" / "prefect.db")) as connection, connection:
        connection.executescript(PREFECT)
        connection.execute("INSERT INTO flow VALUES ('f', 'retrain')")
        connection.execute(
            "INSERT INTO flow_run VALUES (?, 'f', 'COMPLETED', '{\"until\": \"register\"}')", (FLOW_RUN,)
        )
        connection.execute(
            "INSERT INTO events VALUES ('prefect.flow-run.Completed', ?)", (f"prefect.flow-run.{FLOW_RUN}",)
        )


def _pipeline() -> dict[str, object]:
    """dvc.yaml's stages."""
    known = _params("")
    return {
        name: {
            "cmd": f"python -m tasks {name}",
            "deps": deps,
            **({"params": [name]} if name in known else {}),
            "outs": [{each: {"cache": False}} if "expectations" in each else each for each in outs],
        }
        for name, (deps, outs) in STAGES.items()
    }


_ADA = ["-c", "user.name=ada", "-c", "user.email=ada@localhost"]


def _params(sha256: str) -> dict[str, object]:
    gate = {"min_accuracy": None, "min_macro_f1": None, "max_ece": None, "baseline_tolerance": None}
    return {
        "base": {"id": "tests/tiny", "revision": "0" * 40, "sha256": sha256, "folder": "base", "max_tokens": 16},
        "ingest": {"path": "data/raw/rows.csv"},
        "split": {"val": 0.1},
        "finetune": {"epochs": 1},
        "register": {
            "name": NAME,
            "resamples": 100,
            "gate": gate | {"champion_tolerance": None, "slice_tolerance": None, "beats_baseline": "never"},
        },
    }


def _make_base(folder: Path) -> None:
    """A random BERT of one layer with a tokenizer of a dozen words."""
    folder.mkdir(parents=True)
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=32, **sizes)).save_pretrained(folder)


@contextmanager
def cleared_environment() -> Iterator[None]:
    """Our environment without what would lead to another store, key or remote."""
    prefixes = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME", "PREFECT_", "FINETRACE_BY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    with patch.dict(os.environ, kept, clear=True):
        yield
