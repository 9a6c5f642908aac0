"""What `python -m tests.bench.penalties` and `ulmfit` train with is the stage's own training."""

import numpy as np
import torch

from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.stage import run
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.paths import Paths
from tests.bench.in_process import train


def test_the_benches_train_what_the_stage_trains(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = FinetuneSettings(strategy=Full(), epochs=1, batch_tokens=128, precision="float32", calibrate=False)
    trained = train(learnable, settings, tiny_base)
    run(learnable, finetune=settings, base=tiny_base)
    saved = load_model(learnable.model, root=learnable.root).predict(trained.test.texts)
    with torch.no_grad():
        ids = [torch.tensor([each]) for each in trained.test.ids]
        logits = torch.cat([trained.model(each, torch.ones_like(each)) for each in ids])
    np.testing.assert_allclose(logits.softmax(-1).numpy(), saved, atol=1e-5)
    assert trained.accuracy() == (logits.argmax(1) == trained.test.truth).double().mean()
