"""`python -m tests.bench.penalties [FOLDER …]`: does a penalty help? Each against none, same seeds, paired.

Each FOLDER holds train.* (and test.*); without one the embedded data are used. All models train in this process, from
one split. Prints, for each penalty at its defaults, test accuracy as the texts are and under attack (FGM on the words
at --epsilon, the same for every model), with the mean differences to none over the seeds and their standard errors.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

import torch
import yaml
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional as F

from tasks.config import Config, load_config
from tasks.finetune.examples import Examples
from tasks.finetune.penalties import AnyPenalty
from tasks.finetune.penalties.moved_words import MovedWords
from tasks.finetune.training import Pass
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import Classifier
from tasks.model.device import cpu_threads
from tasks.model.encoder import words_of
from tasks.paths import Paths
from tests.bench.in_process import train
from tests.bench.staged import keep_rows, mean_and_error, repository_settings, run_stages

PENALTIES = {each.kind: each for each in (kind() for kind in get_args(get_args(AnyPenalty)[0]))}
BATCH_TOKENS = 2048


class Score(NamedTuple):
    """What one model reached on the test rows, and what its training took."""

    plain: float
    attacked: float
    cpu_seconds: float


def main() -> None:
    """Measure and print, one table for each set of rows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.penalties", description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--strategy", default='{"kind": "partial", "layers": 2}')
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rows", type=int, help="learn from so many train rows, drawn with a fixed seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=PENALTIES, nargs="*", default=list(PENALTIES))
    parser.add_argument("--epsilon", type=float, default=0.02, help="of the attack, as a share of the words' length")
    options = parser.parse_args()
    for folder in options.folders or [None]:
        settings = repository_settings(folder, options.label_column)
        settings["finetune"] |= {"strategy": yaml.safe_load(options.strategy), "epochs": options.epochs}
        settings["validate"]["label_errors"] = "off"
        with tempfile.TemporaryDirectory() as name:
            paths = Paths(Path(name))
            run_stages(paths, settings, "ingest", "validate", "split", "augment")
            keep_rows(paths, options.rows)
            scores = _measure(paths, load_config(paths.params), options)
        _show(folder.name if folder else "embedded data", scores)


def _measure(paths: Paths, config: Config, options: argparse.Namespace) -> dict[str, list[Score]]:
    scores: dict[str, list[Score]] = {kind: [] for kind in ["none", *options.only]}
    for seed in range(options.seeds):
        for kind, done in scores.items():
            penalties = (PENALTIES[kind],) if kind in PENALTIES else ()
            settings = replace(config.finetune, seed=seed, penalties=penalties)
            trained = train(paths, settings, config.base)
            with cpu_threads(config.base.threads):
                accuracies = _accuracies(trained.model, trained.test, options.epsilon)
            done.append(Score(*accuracies, trained.cpu_seconds))
            print(kind, seed, *(round(each, 4) for each in done[-1]), flush=True)
    return scores


def _accuracies(model: Classifier, test: Examples, epsilon: float) -> tuple[float, float]:
    """The share of test rows that are right as they are, and with their words moved once up the gradient."""
    table = words_of(model.encoder)
    assert table is not None
    right = torch.zeros(2)
    for rows in plan_batches(test.lengths, BATCH_TOKENS):
        seen: list[Tensor] = []
        words = MovedWords(_batch(model, test, rows, seen), table, epsilon)
        words.climb(words.losses(last=False), step=1.0)
        words.losses(last=True)
        right += torch.tensor([float((logits.argmax(1) == test.labels[rows]).sum()) for logits in seen])
    plain, attacked = (right / len(test.ids)).tolist()
    return plain, attacked


def _batch(model: Classifier, test: Examples, rows: list[int], seen: list[Tensor]) -> Pass:
    batch, targets = pad(rows, test.ids), test.labels[rows]

    def forward() -> Tensor:
        with nullcontext() if not seen else torch.no_grad():
            seen.append(model(batch.input_ids, batch.attention_mask))
        return seen[-1]

    return Pass(
        forward=forward,
        loss=lambda logits: F.cross_entropy(logits, targets, reduction="none"),
        logits=torch.empty(0),
        targets=targets,
        lengths=batch.attention_mask.sum(1),
    )


def _show(title: str, scores: Mapping[str, Sequence[Score]]) -> None:
    table = Table("penalty", "test accuracy", "difference", "under attack", "difference", "CPU-s", title=title)
    for name, each in scores.items():
        pairs = list(zip(each, scores["none"], strict=True))
        plain, plain_error = mean_and_error([one.plain - other.plain for one, other in pairs])
        attacked, attacked_error = mean_and_error([one.attacked - other.attacked for one, other in pairs])
        table.add_row(
            name,
            f"{mean_and_error([one.plain for one in each])[0]:.4f}",
            f"{plain:+.4f} ± {plain_error:.4f}",
            f"{mean_and_error([one.attacked for one in each])[0]:.4f}",
            f"{attacked:+.4f} ± {attacked_error:.4f}",
            f"{mean_and_error([one.cpu_seconds for one in each])[0]:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
