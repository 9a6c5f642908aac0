"""Workspaces made once and copied for each case: plain, registered by a real run, killed in training."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.torture.commands import Done
from tests.torture.invariants import digest_of
from tests.torture.place import Lab, Place
from tests.torture.rows import WORDS, as_csv, easy_rows
from tests.torture.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
NAME = "wishes"
"""The registered model's."""
RAW = "data/raw/rows.csv"
LENIENT = {
    "max_ece": None,
    "baseline_tolerance": None,
    "slice_tolerance": None,
    "champion_tolerance": None,
    "beats_baseline": "never",
}
"""A gate that a tiny base can pass."""
_MAKE_BASE = """
import sys, torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel
torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64, vocab_size=64)
BertModel(BertConfig(**sizes, max_position_embeddings=64)).save_pretrained("base")
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sys.argv[1].split()]
tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
tokenizer.save("base/tokenizer.json")
import hashlib
print(hashlib.sha256(open("base/model.safetensors", "rb").read()).hexdigest())
"""


def plain(lab: Lab) -> Workspace:
    """A folder with settings, a tiny base and 180 easy rows; no DVC, no git."""
    return lab.once("plain", _make_plain)


def _make_plain(place: Place) -> Workspace:
    workspace = place.empty()
    made = workspace.run("-c", _MAKE_BASE, " ".join(WORDS))
    _must(made)
    workspace.write(RAW, as_csv(easy_rows(60)))
    workspace.write("params.yaml", yaml.safe_dump(_params(made.stdout.split()[-1]), sort_keys=False))
    return workspace


def _params(sha256: str) -> dict[str, Any]:
    base = {"id": "tiny/bert", "revision": "0" * 40, "sha256": sha256, "folder": "base"}
    return {
        "base": base | {"max_tokens": 32, "threads": 1},
        "ingest": {"path": RAW},
        "problem": {},
        "validate": {"label_errors": "off"},
        "split": {},
        "augment": {},
        "finetune": {"strategy": {"kind": "feature_extraction"}},
        "evaluate": {"resamples": 100},
        "register": {"name": NAME, "resamples": 100, "gate": LENIENT},
    }


@dataclass(frozen=True)
class FirstRuns:
    """A workspace after its first runs: two started at the same moment, and one while they were at it."""

    workspace: Workspace
    at_once: tuple[Done, Done]
    later: Done
    """`finetrace run` again, while the first was at work."""
    holder: int
    """Pid of the run that did the work."""

    @property
    def weights(self) -> str:
        """Digest of the weights that it made."""
        return digest_of(self.workspace.root / "data/model/weights.safetensors")


def first_runs(lab: Lab) -> FirstRuns:
    """Done under umask 0, so that whatever is not protected on purpose is open to all."""
    return lab.once("first_runs", _make_first_runs)


def _make_first_runs(place: Place) -> FirstRuns:
    workspace = place.copy(plain(place.lab))
    give_pipeline(workspace)
    command = ("-m", "flows.cli", "run")
    running = [workspace.start(*command, umask=0), workspace.start(*command, umask=0)]
    running[0].wait_until(lambda: any((workspace.root / "data").glob("ingested/*")))
    later = workspace.finetrace("run")
    one, other = (workspace.finish(each) for each in running)
    first = one if one.code == 0 else other
    if first.code:
        raise RuntimeError(f"the first run failed: {one.stderr[-1500:]} {other.stderr[-1500:]}")
    return FirstRuns(workspace, (one, other), later, first.pid)


def give_pipeline(workspace: Workspace) -> None:
    """Make a plain folder what a clone of the repository is."""
    for name in ("dvc.yaml", ".dvcignore", ".gitignore", "constraints.txt"):
        shutil.copy(ROOT / name, workspace.root / name)
    shutil.copytree(ROOT / "tasks", workspace.root / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    (workspace.root / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, workspace.root / ".dvc" / name)
    subprocess.run(["git", "init", "--quiet"], cwd=workspace.root, check=True)


def registered(place: Place, name: str = "workspace") -> Workspace:
    """A copy of a workspace whose model is registered, champion and challenger."""
    return place.copy(first_runs(place.lab).workspace, name)


def trained(place: Place, name: str = "workspace") -> Workspace:
    """A copy with a trained and evaluated model, and no store yet."""
    made = place.copy(first_runs(place.lab).workspace, name)
    for each in (made.root / ".finetrace", made.root / "mlartifacts"):
        shutil.rmtree(each)
    (made.root / "mlflow.db").unlink()
    (made.root / "data" / "reports" / "register.json").unlink()
    made.before = None
    return made


def _must(done: Done) -> None:
    if done.code:
        raise RuntimeError(f"`{done.command}` ended with {done.code}: {done.stderr[-2000:]}")
