"""Every member of the union, on a model of its own: what learns, what is kept, what is folded away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from tasks.errors import IntegrityError
from tasks.model import classifier
from tasks.model.classifier import Classifier, build_classifier, learned_state, train_mode
from tasks.model.files import put_back, save_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.adapter import Adapter
from tasks.model.strategies.base import Strategy
from tasks.model.strategies.prompt import Prompt
from tasks.model.tokenizer import load_tokenizer, token_ids
from tests.elsewhere import Elsewhere

ALL = [kind() for kind in get_args(get_args(AnyStrategy)[0])]
MERGED = {"lora", "dora", "adalora", "vera", "ia3", "ln_tuning"}
"""After their merge nothing but the base's own modules is left."""
TEXTS = ["where is my card", "refund please", "stop", "the box is late again today", "cancel", "help my money is lost"]
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])

each_strategy = pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.kind)


def make_model(strategy: Strategy, base: BaseSettings) -> Classifier:
    """A model of this strategy with a head that passes gradients on from the first step."""
    torch.manual_seed(0)
    model = build_classifier(Path(str(base.folder)), strategy, 3, "sdpa")
    torch.nn.init.normal_(model.head.weight, std=0.3, generator=torch.Generator().manual_seed(1))
    return model.eval()


def batch_of(base: BaseSettings, rows: slice) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and labels of some texts, padded to their longest."""
    ids = [torch.tensor(each) for each in token_ids(load_tokenizer(Path(str(base.folder)), 32), TEXTS[rows])]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(each) for each in ids], batch_first=True)
    return padded, mask, LABELS[rows]


def loss_of(model: Classifier, base: BaseSettings, rows: slice = slice(None)) -> Tensor:
    """The rows' summed loss as a share of all rows."""
    ids, mask, labels = batch_of(base, rows)
    return torch.nn.functional.cross_entropy(model(ids, mask), labels, reduction="sum") / len(LABELS)


def train(model: Classifier, base: BaseSettings, steps: int, rate: float = 1e-3) -> list[float]:
    """Some steps of AdamW; returns the losses before each and after the last."""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate)
    losses = []
    for _ in range(steps):
        loss = loss_of(model, base)
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return [*losses, float(loss_of(model, base).detach())]


@torch.no_grad()
def logits_of(model: Classifier, base: BaseSettings) -> Tensor:
    ids, mask, _ = batch_of(base, slice(None))
    logits: Tensor = model.eval()(ids, mask)
    return logits


def check_what_moves(strategy: Strategy, base: BaseSettings) -> None:
    model = make_model(strategy, base)
    before = {name: tensor.clone() for name, tensor in [*model.named_parameters(), *model.named_buffers()]}
    learned = learned_state(model).keys()
    train_mode(model)
    train(model, base, 3)
    after = dict([*model.named_parameters(), *model.named_buffers()])
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]) == (name not in learned), name
    assert (len(learned) > 2) == (strategy.kind != "feature_extraction")  # type: ignore[attr-defined]
    kept = {name.removeprefix("encoder.").replace(".base_layer", ""): after[name] for name in after.keys() - learned}
    files = load_file(Path(str(base.folder)) / "model.safetensors")
    assert strategy.kind in ("full", "partial", "bitfit") or len(files.keys() - kept.keys()) <= 2  # type: ignore[attr-defined]
    assert all(torch.equal(kept[name], files[name]) for name in files.keys() & kept.keys())


def check_merge(strategy: Strategy, base: BaseSettings) -> None:
    model = make_model(strategy, base)
    train(model, base, 3)
    before, own = logits_of(model, base), {name for name, _ in make_model(Strategy(), base).named_parameters()}
    strategy.merge(model.encoder)
    torch.testing.assert_close(logits_of(model, base), before, atol=2e-5, rtol=1e-4)
    if strategy.kind in MERGED:  # type: ignore[attr-defined]
        assert {name for name, _ in model.named_parameters()} == own


def check_saved_and_put_back(strategy: Strategy, base: BaseSettings) -> None:
    model = make_model(strategy, base)
    train(model, base, 2)
    again = build_classifier(Path(str(base.folder)), strategy, 3, "sdpa")
    put_back(again, classifier.learned_state(model))
    assert torch.equal(logits_of(again, base), logits_of(model, base))


@each_strategy
def test_only_what_learns_moves_and_the_base_stays_to_the_bit(strategy: Any, tiny_base: BaseSettings) -> None:
    check_what_moves(strategy, tiny_base)


@each_strategy
def test_what_was_saved_is_all_that_a_model_needs(strategy: Any, tiny_base: BaseSettings) -> None:
    check_saved_and_put_back(strategy, tiny_base)


@each_strategy
def test_merging_leaves_the_logits_as_they_are(strategy: Any, tiny_base: BaseSettings) -> None:
    check_merge(strategy, tiny_base)


@each_strategy
def test_one_step_lowers_the_loss_on_a_fixed_batch(strategy: Any, tiny_base: BaseSettings) -> None:
    losses = train(make_model(strategy, tiny_base), tiny_base, 1, rate=1e-3)
    assert losses[1] < losses[0]


@each_strategy
def test_accumulated_gradients_equal_those_of_one_big_batch(strategy: Any, tiny_base: BaseSettings) -> None:
    """Rows are padded to other lengths in small batches, which must not show."""
    whole, parts = make_model(strategy, tiny_base), make_model(strategy, tiny_base)
    loss_of(whole, tiny_base).backward()
    for rows in (slice(0, 1), slice(1, 4), slice(4, 6)):
        loss_of(parts, tiny_base, rows).backward()
    for (name, one), other in zip(whole.named_parameters(), parts.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None) == (not one.requires_grad), name
        if one.grad is not None and other.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, atol=2e-6, rtol=1e-4, msg=name)


@each_strategy
def test_it_learns_under_bfloat16(strategy: Any, tiny_base: BaseSettings) -> None:
    model = make_model(strategy, tiny_base)
    exact = logits_of(model, tiny_base)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = logits_of(model, tiny_base)
        losses = train(model, tiny_base, 3)
    torch.testing.assert_close(rounded, exact, atol=0.15, rtol=0.05)
    assert rounded.dtype == torch.float32
    assert losses[-1] < losses[0]
    assert all(tensor.isfinite().all() and tensor.dtype == torch.float32 for tensor in learned_state(model).values())


@each_strategy
def test_a_fresh_process_says_what_the_trained_model_said(
    strategy: Any, tiny_base: BaseSettings, tmp_path: Path, elsewhere: Elsewhere
) -> None:
    model, saved = make_model(strategy, tiny_base), tmp_path / "model"
    train(model, tiny_base, 3)
    here, folder = logits_of(model, tiny_base).softmax(-1), Path(str(tiny_base.folder))
    save_model(
        saved, learned_state(model), base=tiny_base, base_folder=folder, strategy=strategy, labels=["a", "b", "c"]
    )
    there = torch.tensor(elsewhere.predict(saved, TEXTS), dtype=torch.float32)
    torch.testing.assert_close(there, here, atol=2e-6, rtol=1e-4)


class Deaf(Adapter):
    """Adds what never learns."""

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return False


class Forgetful(Prompt):
    """Half of what it draws is neither learned nor saved."""

    def reshape(self, encoder: Any) -> None:
        super().reshape(encoder)
        encoder.embeddings.LayerNorm.bias.data += torch.rand(32)


class Meddling(Adapter):
    """Changes the base beside adding to it."""

    def reshape(self, encoder: Any) -> None:
        super().reshape(encoder)
        encoder.embeddings.word_embeddings.weight.data *= 1.001


class Lossy(Adapter):
    """Folds away what it cannot fold."""

    def merge(self, encoder: Any) -> None:
        for module in encoder.modules():
            module._forward_hooks.clear()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Deaf(), check_what_moves),
        (Meddling(), check_what_moves),
        (Lossy(), check_merge),
        (Forgetful(), check_saved_and_put_back),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_strategy_is_caught(
    broken: Any, check: Callable[[Strategy, BaseSettings], None], tiny_base: BaseSettings
) -> None:
    with pytest.raises(AssertionError):
        check(broken, tiny_base)


def test_a_head_that_is_not_saved_is_caught(tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def headless(model: Classifier) -> dict[str, Tensor]:
        return {name: tensor for name, tensor in learned_state(model).items() if not name.startswith("head.")}

    monkeypatch.setattr(classifier, "learned_state", headless)
    with pytest.raises(IntegrityError, match=r"head\.bias"):
        check_saved_and_put_back(Adapter(), tiny_base)
