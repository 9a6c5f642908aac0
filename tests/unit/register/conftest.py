"""A workspace as evaluate leaves it, with a real tiny model, on an MLflow store made once."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from tasks.digest import row_id, sha256_of_file
from tasks.evaluate.outputs import SLICES as WRITTEN
from tasks.files import write_json
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.device import pick_attention, pick_device
from tasks.model.files import load_model, save_ensemble, save_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.paths import Paths
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.settings import as_dict
from tasks.table import AUGMENTED, PREDICTIONS, SPLIT, write_rows
from tasks.tracking import init_store

SLICES = WRITTEN.set(WRITTEN.names.index("label") + 1, pa.field("score", pa.float64()))
WORDS = ["parcel", "late", "refund", "money", "where", "is", "my", "back", "want", "the", "order", "lost", "please"]
LABELS = ["delivery", "refund"]


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("template"))


def make_store(root: Path) -> Path:
    """An empty MLflow store; its file."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        init_store(Paths(root))
    return root / "mlflow.db"


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def make_base(folder: Path) -> Path:
    """A random BERT of one layer with a tokenizer of a dozen words; its folder."""
    folder.mkdir(exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    return folder


class Workspace:
    """A workspace, and the settings that register is given."""

    def __init__(self, paths: Paths, base: BaseSettings) -> None:
        self.paths = paths
        self.base = base
        gate = GateSettings(min_slice_rows=10)
        self.register = RegisterSettings(name="tiny", gate=gate, resamples=200)
        self.settings: dict[str, Any] = {
            "base": as_dict(base),
            "ingest": {"path": "data/raw.csv"},
            "finetune": {"epochs": 1, "seed": 0},
            "register": as_dict(self.register),
        }

    def train(self, seed: int, strategy: Any = None) -> None:
        """A model whose head is drawn by `seed`, and an evaluation in which `right` of 100 rows are right."""
        chosen = strategy or FeatureExtraction()
        torch.manual_seed(seed)
        model = build_classifier(
            self.paths.root / "base", chosen, len(LABELS), pick_attention(pick_device(), self.base.max_tokens)
        )
        torch.nn.init.normal_(model.head.weight, std=3.0)
        digest = save_model(
            self.paths.model,
            learned_state(model),
            base=self.base,
            base_folder=self.paths.root / "base",
            strategy=chosen,
            labels=LABELS,
        )
        history = [{"epoch": 1, "val_loss": 0.5, "val_score": 0.9}]
        write_json(self.paths.report("finetune"), {"history": history, "model_digest": digest})

    def train_ensemble(self, *strategies: Any) -> None:
        """A model of several, each with a head drawn by its number."""
        models = []
        for seed, strategy in enumerate(strategies):
            self.train(seed + 10, strategy)
            models.append((strategy, load_file(self.paths.model / "weights.safetensors")))
        digest = save_ensemble(
            self.paths.model,
            models,
            base=self.base,
            base_folder=self.paths.root / "base",
            labels=LABELS,
            temperature=1.5,
        )
        write_json(self.paths.report("finetune"), {"history": [], "model_digest": digest})

    def evaluate(self, labels: list[str] | None = None, wrong: int = 5) -> list[str]:
        """What evaluate writes: the test rows' labels are the model's own answers but for the first `wrong`."""
        texts = make_texts(100)
        probabilities = load_model(self.paths.model, self.base, self.paths.root).predict(texts)
        predicted = [LABELS[index] for index in probabilities.argmax(1)]
        truth = labels or [other(label) if i < wrong else label for i, label in enumerate(predicted)]
        rows = [
            {"row_id": row_id(text, label), "side": "any", "line": i + 2, "text": text, "label": label, "fold": 0}
            for i, (text, label) in enumerate(zip(texts, truth, strict=True))
        ]
        for path in (self.paths.val, self.paths.test):
            write_rows(path, rows, SPLIT)
        write_rows(self.paths.augmented, [row | {"parent_id": "", "method": ""} for row in rows[:20]], AUGMENTED)
        shown = [
            {key: row[key] for key in ("row_id", "line", "text", "label")}
            | {"predicted": guess, "probabilities": given}
            for row, guess, given in zip(rows, predicted, probabilities.tolist(), strict=True)
        ]
        write_rows(self.paths.predictions, shown, PREDICTIONS)
        slices = [
            {
                "slice": "short",
                "row": i,
                "text": row["text"],
                "label": row["label"],
                "score": float(row["label"] == guess),
            }
            for i, (row, guess) in enumerate(zip(rows[:40], predicted, strict=False))
        ]
        write_rows(self.paths.evaluation / "slices.parquet", slices, SLICES)
        accuracy = float(np.mean([guess == label for guess, label in zip(predicted, truth, strict=True)]))
        self.write_results(accuracy)
        return truth

    def write_results(self, accuracy: float, gain: float = 0.2) -> None:
        measured = {"value": accuracy, "low": accuracy - 0.04, "high": accuracy + 0.03}
        error = {"value": 0.05, "low": 0.04, "high": 0.08}
        difference = {"value": gain, "low": gain - 0.05, "high": gain + 0.05}
        baseline = {"name": "majority", "title": "most frequent label", "accuracy": measured, "macro_f1": measured}
        results = {
            "resamples": 200,
            "confidence": 0.95,
            "seed": 0,
            "rows": 100,
            "labels": LABELS,
            "metrics": {"accuracy": measured, "macro_f1": measured, "ece": error},
            "baselines": [baseline | {"gain": {"accuracy": difference, "macro_f1": difference}}],
            "slices": [],
            "files": {"test": sha256_of_file(self.paths.test)},
        }
        write_json(self.paths.evaluation / "results.json", results)
        write_json(self.paths.report("evaluate"), {"rows": 100, "accuracy": accuracy})

    def with_gate(self, **changes: Any) -> RegisterSettings:
        """The register settings with other gate settings."""
        return replace(self.register, gate=replace(self.register.gate, **changes))


def make_texts(count: int) -> list[str]:
    """Different texts of known words, always the same."""
    draw = np.random.default_rng(3)
    return [" ".join(draw.choice(WORDS, size=6)) for _ in range(count)]


def other(label: str) -> str:
    return LABELS[1 - LABELS.index(label)]


def build_workspace(root: Path, template_store: Path, tiny_base: Path) -> Workspace:
    """A workspace at `root` with a store, a trained model and its evaluation."""
    paths = Paths(root)
    shutil.copytree(tiny_base, paths.root / "base")
    shutil.copy(template_store, paths.root / "mlflow.db")
    with closing(sqlite3.connect(paths.root / "mlflow.db")) as connection, connection:
        location = ((paths.root / "mlartifacts").as_uri(),)
        connection.execute("UPDATE experiments SET artifact_location = ? WHERE name = 'finetrace'", location)
    sha256 = sha256_of_file(paths.root / "base" / "model.safetensors")
    base = BaseSettings(id="tests/tiny", revision="0" * 40, sha256=sha256, folder="base", max_tokens=16)
    paths.params.write_text("# tiny\nregister:\n  name: tiny\n", encoding="utf-8")
    made = Workspace(paths, base)
    made.train(seed=1)
    made.evaluate()
    return made


@pytest.fixture
def make_workspace(
    template_store: Path, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Workspace]:
    """A function: name → a workspace of that name with a store, a trained model and its evaluation."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)

    page = "tasks.report.run_report.render_run_report"  # has tests of its own
    monkeypatch.setattr(page, lambda paths, verdict: f"<!DOCTYPE html><p>{verdict['line']}</p>")

    return lambda name: build_workspace(tmp_path / name, template_store, tiny_base)


@pytest.fixture
def workspace(make_workspace: Callable[[str], Workspace]) -> Workspace:
    """One such workspace."""
    return make_workspace("workspace")


@pytest.fixture
def whole_model() -> Any:
    """The strategy whose model folder holds every weight."""
    return Full()
