"""The diagonal Fisher against closed forms of a logistic head (T5: squares row by row, labels from the model)."""

from pathlib import Path

import pytest
import torch

from tasks.finetune.penalties.fisher import diagonal_fisher, of_mean_one
from tasks.inputs.pooling import mean_pool
from tasks.model.batches import pad
from tasks.model.classifier import Classifier, build_classifier
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full

IDS = [[2, 5, 6, 3], [2, 9, 3], [2, 7, 8, 11, 12, 3], [2, 14, 3], [2, 5, 15, 3]]
HEAD = ["head.weight", "head.bias"]


def classifier(base: BaseSettings, labels: int) -> Classifier:
    return build_classifier(Path(str(base.folder)), Full(), labels, "eager")


@torch.no_grad()
def pooled(model: Classifier) -> torch.Tensor:
    """(5, D) what the head sees."""
    model.eval()
    batches = [pad([row], IDS) for row in range(len(IDS))]
    states = [(model.encoder(each.input_ids, each.attention_mask).last_hidden_state, each) for each in batches]
    return torch.cat([mean_pool(hidden, each.attention_mask) for hidden, each in states])


def test_two_labels_as_likely_as_each_other_give_a_quarter_of_the_squared_features(tiny_base: BaseSettings) -> None:
    """∂ log p(y) / ∂ W = (y − p) x, and (y − p)² = ¼ for both labels, whichever is drawn.

    The square of the batch's mean gradient would be smaller, since the signs of y − p differ from row to row.
    """
    model = classifier(tiny_base, 2)
    fisher = diagonal_fisher(model, HEAD, IDS, rows=100, seed=0)
    expected = pooled(model).square().mean(0) / 4
    torch.testing.assert_close(fisher["head.weight"], expected.expand(2, -1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(fisher["head.bias"], torch.full((2,), 0.25))


def test_labels_are_drawn_from_the_model(tiny_base: BaseSettings) -> None:
    """Logits (6, 0): label 0 is drawn in all but 1 of 400 rows, and (1 − p)² is 6e-6; the rare label would give p²."""
    model = classifier(tiny_base, 2)
    with torch.no_grad():
        model.head.bias[0] = 6.0
    fisher = diagonal_fisher(model, ["head.bias"], IDS, rows=100, seed=0)
    p = float(torch.sigmoid(torch.tensor(6.0)))
    assert fisher["head.bias"].tolist() == pytest.approx([(1 - p) ** 2] * 2, rel=1e-3)


def test_the_shares_of_drawn_labels_follow_their_probabilities(tiny_base: BaseSettings) -> None:
    """For label c, E (y_c − p_c)² = p_c (1 − p_c)."""
    model = classifier(tiny_base, 3)
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([0.7, 0.2, 0.1]).log())
    fisher = diagonal_fisher(model, ["head.bias"], IDS[:1] * 600, rows=600, seed=0)
    assert fisher["head.bias"].tolist() == pytest.approx([0.21, 0.16, 0.09], abs=0.03)


def test_the_bases_weights_get_the_mean_of_squared_gradients_of_single_rows(tiny_base: BaseSettings) -> None:
    """With a head so small that p = ½, the square is the same for both labels, so that none need be known."""
    model = classifier(tiny_base, 2)
    torch.manual_seed(0)
    torch.nn.init.normal_(model.head.weight, std=1e-3)
    names = [name for name, _ in model.named_parameters() if name.startswith("encoder.")]
    fisher = diagonal_fisher(model, names, IDS, rows=5, seed=3)
    squares = {name: torch.zeros_like(each) for name, each in fisher.items()}
    model.eval()
    for row in range(len(IDS)):
        batch = pad([row], IDS)
        (-model(batch.input_ids, batch.attention_mask).log_softmax(-1)[0, 1]).backward()
        for name, parameter in model.named_parameters():
            if name in squares and parameter.grad is not None:
                squares[name] += parameter.grad.square() / 5
        model.zero_grad()
    norm = torch.stack([each.norm() for each in squares.values()]).norm()
    assert float(norm) > 0
    for name, expected in squares.items():
        assert float((fisher[name] - expected).norm()) <= 0.02 * float(expected.norm()) + 1e-6 * float(norm), name


def test_the_seed_decides_which_rows_and_labels(tiny_base: BaseSettings) -> None:
    model = classifier(tiny_base, 3)
    first, again, other = (diagonal_fisher(model, HEAD, IDS, rows=2, seed=seed) for seed in (0, 0, 4))
    assert torch.equal(first["head.weight"], again["head.weight"])
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_dropout_is_off_while_it_is_measured_and_as_it_was_afterwards(tiny_base: BaseSettings) -> None:
    model = classifier(tiny_base, 3)
    torch.nn.init.normal_(model.head.weight, generator=torch.Generator().manual_seed(0))
    still = diagonal_fisher(model.eval(), HEAD, IDS, rows=5, seed=0)
    model.train()
    model.encoder.encoder.eval()  # type: ignore[union-attr]
    modes = [module.training for module in model.modules()]
    again = diagonal_fisher(model, HEAD, IDS, rows=5, seed=0)
    assert all(torch.equal(still[name], again[name]) for name in HEAD)
    assert [module.training for module in model.modules()] == modes


def test_importance_has_a_mean_of_one_over_all_weights() -> None:
    scaled = of_mean_one({"a": torch.tensor([1.0, 2.0, 0.0]), "b": torch.tensor([[5.0]])})
    assert scaled["a"].tolist() == [0.5, 1.0, 0.0]
    assert scaled["b"].tolist() == [[2.5]]
    assert of_mean_one({"a": torch.zeros(2)})["a"].tolist() == [0.0, 0.0]
