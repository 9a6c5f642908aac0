"""A training in this process: its best epoch's model, and what it gets right of the test rows."""

import time
from dataclasses import dataclass

import torch

from tasks.finetune import stage
from tasks.finetune.examples import Examples, make_examples
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.finetune.watching import Watch
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import Classifier
from tasks.model.device import cpu_threads
from tasks.model.settings import BaseSettings
from tasks.model.tokenizer import load_tokenizer
from tasks.paths import Paths
from tasks.table import SPLIT, read_table

BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Trained:
    """A model, the test rows as it reads them, and what its training took."""

    model: Classifier
    test: Examples
    val_macro_f1: float
    """Of the best epoch."""
    cpu_seconds: float

    @torch.no_grad()
    def accuracy(self) -> float:
        """The share of test rows that are right."""
        right = 0
        for rows in plan_batches(self.test.lengths, BATCH_TOKENS):
            batch = pad(rows, self.test.ids)
            logits = self.model(batch.input_ids, batch.attention_mask)
            right += int((logits.argmax(1) == self.test.truth[rows]).sum())
        return right / len(self.test.ids)


def train(paths: Paths, settings: FinetuneSettings, base: BaseSettings) -> Trained:
    """Finetune on the split that lies there, with the base's threads; nothing is tracked or written but caches."""
    with cpu_threads(base.threads):
        torch.manual_seed(settings.seed)
        start = prepare(paths, settings, base)
        begun = time.process_time()
        progress, _ = stage._fit_layers(start, Watch(None, None))
        seconds = time.process_time() - begun
        start.model.load_state_dict(progress.best, strict=False)
        tokenizer = load_tokenizer(start.folder, base.max_tokens)
        test = make_examples(read_table(paths.test, SPLIT), start.classes, tokenizer, "test", start.target)
        best = max(epoch["val_score"] for epoch in progress.history)
        return Trained(start.model.eval(), test, best, seconds)
