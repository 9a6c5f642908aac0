"""`python -m tests.bench.penalties [FOLDER …]`: does a penalty help? Each against none, same seeds, paired.

Each FOLDER holds train.* (and test.*); without one the embedded data are used. Stages run as `python -m tasks <stage>`
in a temporary workspace. Prints, for each penalty, test accuracy as the texts are and under attack (FGM on the words at
--epsilon, for every model the same), with the mean differences to none over the seeds and their standard errors.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml
from rich.console import Console
from rich.table import Table
from torch.nn import functional as F

from tasks.files import read_json
from tasks.finetune.penalties.moved_words import MovedWords
from tasks.finetune.training import Pass
from tasks.model.batches import pad, plan_batches
from tasks.model.encoder import words_of
from tasks.model.files import load_model
from tasks.model.tokenizer import load_tokenizer, token_ids
from tasks.paths import Paths
from tasks.table import SPLIT, read_table

REPOSITORY = Path(__file__).parents[2]
KINDS = ("none", "l2_sp", "ewc", "r_drop", "fgm", "pgd", "free_lb")
BATCH_TOKENS = 2048


class Score(NamedTuple):
    """What one trained model reached on the test rows, and what its training took."""

    plain: float
    attacked: float
    cpu_seconds: float


def main() -> int:
    """Measure and print, one table for each set of rows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.penalties", description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--strategy", default='{"kind": "partial", "layers": 2}')
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=KINDS[1:], nargs="*", default=list(KINDS[1:]))
    parser.add_argument("--epsilon", type=float, default=0.02, help="of the attack, as a share of the words' length")
    options = parser.parse_args()
    for folder in options.folders or [None]:
        scores = _measure(_settings(options, folder), ["none", *options.only], options)
        _show(folder.name if folder else "embedded data", scores)
    return 0


def _settings(options: argparse.Namespace, folder: Path | None) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    settings["finetune"]["strategy"] = yaml.safe_load(options.strategy)
    if options.epochs:
        settings["finetune"]["epochs"] = options.epochs
    if folder:
        settings["ingest"] = {"path": str(folder.resolve()), "label_column": options.label_column}
    else:
        settings["ingest"]["path"] = str(REPOSITORY / settings["ingest"]["path"])
    settings["validate"]["label_errors"] = "off"
    return settings


def _measure(settings: dict[str, Any], kinds: list[str], options: argparse.Namespace) -> dict[str, list[Score]]:
    scores: dict[str, list[Score]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as name:
        paths = Paths(Path(name))
        _stages(paths, settings, "ingest", "validate", "split", "augment")
        for seed in range(options.seeds):
            for kind in kinds:
                changed = {"seed": seed, "penalties": [] if kind == "none" else [{"kind": kind}]}
                _stages(paths, settings | {"finetune": settings["finetune"] | changed}, "finetune")
                cpu = float(read_json(paths.timing("finetune"))["cpu_seconds"])
                scores[kind].append(Score(*_accuracies(paths, options.epsilon), cpu))
                print(kind, seed, *(round(each, 4) for each in scores[kind][-1]), flush=True)
    return scores


def _accuracies(paths: Paths, epsilon: float) -> tuple[float, float]:
    """The share of test rows that are right as they are, and with their words moved once up the gradient."""
    saved = load_model(paths.model, root=REPOSITORY)
    model = saved._classifier
    table, test = words_of(model.encoder), read_table(paths.test, SPLIT)
    assert table is not None
    about = read_json(paths.model / "about.json")
    ids = token_ids(load_tokenizer(paths.model, about["base"]["max_tokens"]), test["text"].to_pylist())
    labels = torch.tensor([saved.labels.index(label) for label in test["label"].to_pylist()])
    right = torch.zeros(2)
    for rows in plan_batches([len(each) for each in ids], BATCH_TOKENS):
        batch = pad(rows, ids)
        seen: list[torch.Tensor] = []

        def forward(batch: Any = batch, seen: list[torch.Tensor] = seen) -> torch.Tensor:
            seen.append(model(batch.input_ids, batch.attention_mask))
            return seen[-1]

        def loss(logits: torch.Tensor, rows: list[int] = rows) -> torch.Tensor:
            return F.cross_entropy(logits, labels[rows], reduction="none")

        words = MovedWords(
            Pass(forward, loss, torch.empty(0), labels[rows], torch.tensor([len(ids[row]) for row in rows])),
            table,
            epsilon,
        )
        words.climb(words.losses(last=False), step=1.0)
        words.losses(last=True)
        right += torch.tensor([float((logits.argmax(1) == labels[rows]).sum()) for logits in seen])
    plain, attacked = (right / len(ids)).tolist()
    return plain, attacked


def _stages(paths: Paths, settings: dict[str, Any], *stages: str) -> None:
    paths.params.write_text(yaml.safe_dump(settings))
    for stage in stages:
        subprocess.run([sys.executable, "-m", "tasks", stage], cwd=paths.root, check=True, stdout=subprocess.DEVNULL)


def _show(title: str, scores: dict[str, list[Score]]) -> None:
    table = Table("penalty", "test accuracy", "difference", "under attack", "difference", "CPU-s", title=title)
    for name, each in scores.items():
        table.add_row(
            name,
            _mean([score.plain for score in each]),
            _difference([score.plain - other.plain for score, other in zip(each, scores["none"], strict=True)]),
            _mean([score.attacked for score in each]),
            _difference([score.attacked - other.attacked for score, other in zip(each, scores["none"], strict=True)]),
            f"{sum(score.cpu_seconds for score in each) / len(each):.0f}",
        )
    Console().print(table)


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.4f}"


def _difference(gains: list[float]) -> str:
    mean = sum(gains) / len(gains)
    error = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1) / len(gains))
    return f"{mean:+.4f} ± {error:.4f}"


if __name__ == "__main__":
    sys.exit(main())
