"""`python -m tests.bench.wise_ft [FOLDER --label-column X]`: accuracy between the start and the fine-tuned weights.

Trains `full` with some seeds, then scores (1 − α) start + α fine-tuned on the test rows as they are and as mistyped as
asked, for α from 0 to 1. FOLDER holds train.csv and test.csv; without one the embedded data are used. A tenth of the
train rows is val. Prints, a row an α: the mean accuracy of the seeds, and its difference to α = 1 with a 95 % interval
over test rows, paired: both answer the same rows. `val` marks what the stage would take, for so many of the seeds.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from tasks.evaluate.slices.typos import mistype
from tasks.finetune.settings import FinetuneSettings
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.scoring.bootstrap import Draws, bootstrap
from tasks.table import SPLIT, read_table
from tests.bench.rows import DataSet, embedded_data, first_rows, folder_data
from tests.bench.workspace import make_workspace, repository_base

Correct = dict[str, np.ndarray]
"""By the name of a way to read the test rows: (points, N), whether a row is right."""


@dataclass(frozen=True)
class Asked:
    """What the person asked for."""

    alphas: list[float]
    typo_shares: list[float]
    seeds: int
    epochs: int


def main() -> int:
    """Train, sweep, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wise_ft", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--rows", type=int, default=0, help="so many train rows, drawn by hash; 0: all")
    parser.add_argument("--test-rows", type=int, default=0, help="so many test rows, drawn by hash; 0: all")
    parser.add_argument("--typo-shares", type=float, nargs="*", default=[0.1, 0.3], help="share of words mistyped")
    parser.add_argument("--points", type=int, default=11, help="so many α from 0 to 1")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    set_switches()
    asked = Asked(list(np.linspace(0, 1, options.points)), options.typo_shares, options.seeds, options.epochs)
    data = (
        folder_data(options.folder, options.text_column, options.label_column)
        if options.folder
        else embedded_data(Path())
    )
    data = _fewer_test_rows(first_rows(data, options.rows), options.test_rows)
    with tempfile.TemporaryDirectory() as folder:
        _show(data, asked, *_measure(Path(folder), data, asked, repository_base(options.threads)))
    return 0


def _fewer_test_rows(data: DataSet, count: int) -> DataSet:
    swapped = first_rows(DataSet(data.name, data.test, data.train), count)
    return replace(data, test=swapped.train)


def _measure(root: Path, data: DataSet, asked: Asked, base: BaseSettings) -> tuple[list[Correct], list[float]]:
    """For each seed what is right at each α, and the α that is best on val."""
    held = {text for number, (text, _) in enumerate(sorted(data.train)) if number % 10 == 0}
    train = [row for row in data.train if row[0] not in held]
    make_workspace(root, replace(data, train=tuple(train)), [row for row in data.train if row[0] in held])
    print(f"{len(train):,} train, {len(held):,} val, {len(data.test):,} test rows", flush=True)
    results = [_seed(Paths(root), asked, base, seed) for seed in range(asked.seeds)]
    return [correct for correct, _ in results], [alpha for _, alpha in results]


def _seed(paths: Paths, asked: Asked, base: BaseSettings, seed: int) -> tuple[Correct, float]:
    from safetensors.torch import load_file

    import tasks.tracking
    from tasks.finetune import stage
    from tasks.finetune.averages import interpolate
    from tasks.finetune.examples import make_examples
    from tasks.finetune.judge import Judge
    from tasks.finetune.start import prepare
    from tasks.model.classifier import learned_state
    from tasks.model.device import cpu_threads
    from tasks.model.tokenizer import load_tokenizer

    tasks.tracking.live_run = lambda *_, **__: nullcontext(None)  # type: ignore[assignment]
    settings = FinetuneSettings(strategy=Full(), epochs=asked.epochs, calibrate=False, seed=seed)
    report = stage.run(paths, finetune=settings, base=base)
    start = prepare(paths, settings, base)
    first, tuned = learned_state(start.model), load_file(paths.model / "weights.safetensors")
    tokenizer = load_tokenizer(start.folder, base.max_tokens)
    ways = {"val": start.val}
    for share in [0.0, *asked.typo_shares]:
        ways[_way(share)] = make_examples(_mistyped(paths, share), start.classes, tokenizer, "test", start.target)
    found: dict[str, list[np.ndarray]] = {way: [] for way in ways}
    val: list[tuple[float, float, float]] = []
    with cpu_threads(base.threads):
        judges = {way: Judge(start.folder, start.classes, each, base.max_tokens) for way, each in ways.items()}
        for alpha in asked.alphas:
            weights = interpolate(first, tuned, float(alpha))
            for way, judge in judges.items():
                logits = judge.logits(settings.strategy, weights)
                found[way].append((logits.argmax(-1) == ways[way].truth).numpy())
                if way == "val":
                    scores = judge.scores(logits)
                    val.append((scores["val_score"], -scores["val_loss"], alpha))
    best = max(val, key=lambda each: each[:2])[2]
    print(f"seed {seed}: best epoch {report['best_epoch']}, val takes α = {best:.2f}", flush=True)
    for way in (way for way in ways if way != "val"):
        print(f"  {way}: {', '.join(f'{each.mean():.4f}' for each in found[way])}", flush=True)
    return {way: np.array(each, dtype=np.float64) for way, each in found.items() if way != "val"}, best


def _mistyped(paths: Paths, share: float) -> pa.Table:
    table = read_table(paths.test, SPLIT)
    if not share:
        return table
    texts = zip(table["text"].to_pylist(), table["row_id"].to_pylist(), strict=True)
    changed = [mistype(text, share, f"0:{row_id}") for text, row_id in texts]
    return table.set_column(table.schema.get_field_index("text"), "text", [changed])


def _way(share: float) -> str:
    return f"typos in {share:.0%}" if share else "plain"


def _show(data: DataSet, asked: Asked, results: Sequence[Correct], chosen: Sequence[float]) -> None:
    ways = [_way(share) for share in [0.0, *asked.typo_shares]]
    table = Table("α", *(column for way in ways for column in (way, "difference to α = 1")), "val", title=data.name)
    counts = Counter(round(alpha, 6) for alpha in chosen)
    means = {way: np.mean([each[way] for each in results], axis=0) for way in ways}
    for number, alpha in enumerate(asked.alphas):
        cells = []
        for way in ways:
            cells += [f"{means[way][number].mean():.4f}", _difference(means[way][number] - means[way][-1])]
        table.add_row(f"{alpha:.2f}", *cells, str(counts[round(alpha, 6)] or ""))
    Console(width=None if os.isatty(1) else 160).print(table)


def _difference(rows: np.ndarray) -> str:
    """In percentage points; the interval over the test rows, of which seeds answer the same."""
    if not rows.any():
        return "0"
    draws = Draws(resamples=2000, confidence=0.95, seed=0)
    samples = bootstrap(lambda weights: {"mean": weights @ rows / len(rows)}, len(rows), draws)["mean"]
    low, high = draws.interval(samples)
    return f"{100 * rows.mean():+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]"


if __name__ == "__main__":
    sys.exit(main())
