"""A classifier on bases that are unlike the usual ones."""

import pytest
import torch
import transformers as t

from tasks.model.classifier import Classifier

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


@pytest.mark.parametrize(
    "encoder",
    [
        lambda: t.CanineModel(t.CanineConfig(**SIZES)),  # has no table of words
        lambda: t.IBertModel(t.IBertConfig(**SIZES, vocab_size=64, pad_token_id=0)),  # embeddings with their scale
    ],
    ids=["canine", "ibert"],
)
def test_bases_with_unusual_embeddings_learn_in_bfloat16(encoder: object) -> None:
    model = Classifier(encoder(), 3)  # type: ignore[operator]
    torch.nn.init.normal_(model.head.weight)
    ids = torch.randint(4, 60, (3, 8))
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(ids, torch.ones_like(ids))
    logits.square().sum().backward()
    assert all(p.grad is not None for p in model.encoder.encoder.layer.parameters())  # type: ignore[union-attr]
