"""A classifier on bases that are unlike the usual ones."""

import pytest
import torch
import transformers as t

from tasks.model.classifier import Classifier
from tasks.targets import LabelTarget

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


def test_a_text_along_its_labels_prototype_has_a_logit_of_20_and_the_cosine_decides() -> None:
    """Snell et al. 2017 with cosines: mean features (1, 0) and (0.6, 0.8) in direction; features have length √2."""
    model = Classifier(t.BertModel(t.BertConfig(**SIZES | {"hidden_size": 2, "num_attention_heads": 1})), 2)
    features = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.96, 0.28]]) * 2**0.5
    LabelTarget().start_head(model.head, features, torch.tensor([0, 1, 0, 1]))
    mean = torch.tensor([0.96, 1.28]) / torch.tensor([0.96, 1.28]).norm()
    torch.testing.assert_close(mean, torch.tensor([0.6, 0.8]))
    logits = model.head(torch.tensor([[1.0, 0.0], [0.6, 0.8]]) * 2**0.5)
    torch.testing.assert_close(logits, torch.tensor([[20.0, 12.0], [12.0, 20.0]]))
