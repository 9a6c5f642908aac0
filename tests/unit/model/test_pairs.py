"""Pairs of texts through the model: the tokenizer's template, token types where the base has them, both texts seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from tasks.errors import DataError, IntegrityError
from tasks.files import read_json, write_json
from tasks.inputs import INPUTS, input_of
from tasks.inputs.pooling import mean_pool
from tasks.model.batches import Batch, Tokens, pad
from tasks.model.classifier import Classifier, build_classifier, learned_state
from tasks.model.encoder import encoder_inputs, layer_stack, load_encoder, tells_types
from tasks.model.features import text_features
from tasks.model.files import load_model, save_model
from tasks.model.manifest import make_manifest
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.tokenizer import load_tokenizer, token_ids
from tasks.model.upper import cut_is_exact, states_at, upper_layers
from tasks.paths import Paths
from tasks.texts import Text

PAIRS: list[Text] = [
    ("where is my card", "the box is lost"),
    ("refund please", "money today"),
    ("stop", "cancel the box"),
]
SWAPPED: list[Text] = [(pair, text) for text, pair in PAIRS]
TYPES = {"bert": True, "roberta": True, "distilbert": False, "modernbert": False, "deberta-v3": False, "mpnet": False}
"""Kinds of the tiny bases; the tiny RoBERTa, unlike the real ones, has two token types."""
STRATEGIES = [kind() for kind in get_args(get_args(AnyStrategy)[0])]


def folder_of(base: BaseSettings) -> Path:
    return Path(str(base.folder))


def tokens_of(base: BaseSettings, texts: list[Text], max_tokens: int = 32) -> Tokens:
    return token_ids(load_tokenizer(folder_of(base), max_tokens), texts)


def batch_of(base: BaseSettings, texts: list[Text]) -> Batch:
    return pad(range(len(texts)), tokens_of(base, texts))


def model_of(base: BaseSettings, strategy: Any) -> Classifier:
    torch.manual_seed(0)
    model = build_classifier(folder_of(base), strategy, 3, "sdpa", row_input=INPUTS["pair"])
    torch.nn.init.normal_(model.head.weight, std=0.3, generator=torch.Generator().manual_seed(1))
    return model.eval()


def logits_of(model: Classifier, base: BaseSettings, texts: list[Text]) -> torch.Tensor:
    batch = batch_of(base, texts)
    return model(batch.input_ids, batch.attention_mask, token_types=batch.token_types, segments=batch.segments)


def test_a_pair_is_put_together_by_the_tokenizers_template(tiny_base: BaseSettings) -> None:
    tokens = tokens_of(tiny_base, [("where is", "my box")])
    assert tokens.ids == [[2, 4, 5, 3, 6, 7, 3]]  # [CLS] where is [SEP] my box [SEP], see tests/conftest.py
    assert tokens.types == [[0, 0, 0, 0, 1, 1, 1]]
    assert tokens.segments == [[0, 1, 1, 0, 2, 2, 0]]


def test_single_texts_have_the_same_tokens_as_ever(tiny_base: BaseSettings) -> None:
    tokens = tokens_of(tiny_base, ["where is my box", "unheard"])
    assert tokens == Tokens([[2, 4, 5, 6, 7, 3], [2, 1, 3]], is_cut=[False, False])
    batch = pad([0, 1], tokens)
    assert (batch.token_types, batch.segments) == (None, None)


def test_cutting_keeps_both_texts_and_takes_from_the_longer(tiny_base: BaseSettings) -> None:
    tokens = tokens_of(tiny_base, [("where " * 50, "my box"), ("where is", "box " * 50)], max_tokens=16)
    assert [len(each) for each in tokens] == [16, 16]
    counts = [[row.count(text) for text in (1, 2)] for row in tokens.segments or []]
    assert counts == [[11, 2], [2, 11]]


def test_a_part_of_the_rows_keeps_what_is_known_of_their_tokens(tiny_base: BaseSettings) -> None:
    tokens = tokens_of(tiny_base, PAIRS)
    assert tokens[1:] == tokens_of(tiny_base, PAIRS[1:])


@pytest.mark.parametrize("kind", TYPES)
def test_token_types_are_given_to_bases_that_have_them_and_to_no_others(
    kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    base = tiny_bases(kind)
    encoder = load_encoder(folder_of(base), "sdpa").eval()
    batch = batch_of(base, PAIRS)
    inputs = encoder_inputs(encoder, batch.input_ids, batch.attention_mask, batch.token_types)
    assert tells_types(encoder) is ("token_type_ids" in inputs) is TYPES[kind]
    encoder(**inputs)


def test_one_token_type_tells_nothing(tiny_base: BaseSettings) -> None:
    encoder = load_encoder(folder_of(tiny_base), "sdpa")
    encoder.config.type_vocab_size = 1  # as the real RoBERTas have
    assert not tells_types(encoder)


@pytest.mark.parametrize("kind", TYPES)
def test_texts_that_change_places_change_the_logits(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    base = tiny_bases(kind)
    model = model_of(base, Full())
    assert not torch.allclose(logits_of(model, base, PAIRS), logits_of(model, base, SWAPPED), atol=1e-3)


def test_token_types_reach_the_base(tiny_base: BaseSettings) -> None:
    model = model_of(tiny_base, Full())
    batch = batch_of(tiny_base, PAIRS)
    untold = model(batch.input_ids, batch.attention_mask, segments=batch.segments)
    assert not torch.allclose(logits_of(model, tiny_base, PAIRS), untold, atol=1e-3)


def test_padding_changes_no_pair(tiny_base: BaseSettings) -> None:
    model = model_of(tiny_base, Full())
    alone = torch.cat([logits_of(model, tiny_base, [pair]) for pair in PAIRS])
    torch.testing.assert_close(logits_of(model, tiny_base, PAIRS), alone, atol=1e-5, rtol=1e-4)


def test_the_head_sees_each_texts_mean_and_how_they_differ() -> None:
    states = torch.tensor([[[9.0, 9], [3, 4], [9, 9], [1, 0], [0, 0]]])
    segments = torch.tensor([[0, 1, 0, 2, 0]])
    pooled = INPUTS["pair"].pool(states, (segments >= 0).long(), segments)
    u, v = torch.tensor([3 / 5, 4 / 5]) * 2**0.5, torch.tensor([1.0, 0]) * 2**0.5  # length √D, D = 2
    expected = torch.cat([u, v, (u - v).abs(), u * v])
    torch.testing.assert_close(pooled[0], expected / expected.norm() * 8**0.5)


def test_a_text_without_a_token_gives_finite_features() -> None:
    pooled = INPUTS["pair"].pool(torch.ones(1, 2, 4), torch.ones(1, 2), torch.tensor([[0, 1]]))
    assert bool(pooled.isfinite().all())


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
@pytest.mark.parametrize("cut", [1, 2])
def test_upper_layers_give_the_same_from_stored_states_of_pairs(
    kind: str, cut: int, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    base = tiny_bases(kind)
    encoder = load_encoder(folder_of(base), "sdpa").eval()
    batch = batch_of(base, PAIRS)
    inputs = encoder_inputs(encoder, batch.input_ids, batch.attention_mask, batch.token_types)
    (stored,) = states_at(encoder, [cut], batch.input_ids, batch.attention_mask, batch.token_types)
    again = upper_layers(encoder, cut, stored)(**inputs).last_hidden_state
    torch.testing.assert_close(again, encoder(**inputs).last_hidden_state)
    assert cut_is_exact(encoder, cut, batch.input_ids, batch.attention_mask, batch.token_types)
    assert len(layer_stack(encoder)) == 3


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.kind)
def test_every_strategy_learns_from_pairs_and_is_the_same_when_loaded(
    strategy: Any, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    model = model_of(tiny_base, strategy)
    labels = torch.tensor([0, 1, 2])
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(4):
        loss = torch.nn.functional.cross_entropy(logits_of(model, tiny_base, PAIRS), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0]
    saved = save_model(
        tmp_path / "model", learned_state(model), base=tiny_base, base_folder=folder_of(tiny_base), strategy=strategy,
        labels=["a", "b", "c"], row_input=model.input,
    )  # fmt: skip
    loaded = load_model(tmp_path / "model")
    assert (loaded.digest, loaded.input.kind) == (saved, "pair")
    with torch.no_grad():
        expected = logits_of(model, tiny_base, PAIRS).softmax(-1).numpy()
    np.testing.assert_allclose(loaded.predict(PAIRS), expected, atol=1e-4)


def save(folder: Path, base: BaseSettings, problem: str) -> Path:
    model = build_classifier(folder_of(base), Lora(), 2, "sdpa", row_input=INPUTS[problem])
    save_model(
        folder, learned_state(model), base=base, base_folder=folder_of(base), strategy=Lora(), labels=["a", "b"],
        row_input=model.input,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("problem", "texts", "told"),
    [
        ("pair", ["where is my card"], r"reads pairs of texts\. Give each text its second one"),
        ("text", PAIRS, r"reads single texts\. Leave the second texts out"),
        ("pair", [PAIRS[0], "stop"], "reads pairs of texts"),
    ],
)
def test_a_model_given_rows_of_the_other_kind_refuses_in_a_line(
    problem: str, texts: list[Text], told: str, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=told):
        load_model(save(tmp_path / "model", tiny_base, problem)).predict(texts)


def test_an_input_that_nobody_knows_is_refused(tiny_base: BaseSettings, tmp_path: Path) -> None:
    folder = save(tmp_path / "model", tiny_base, "pair")
    write_json(folder / "about.json", read_json(folder / "about.json") | {"input": {"kind": "triples"}})
    write_json(folder / "manifest.json", make_manifest(folder))
    with pytest.raises(IntegrityError, match=r"about\.json is broken \(input"):
        load_model(folder)


def test_features_are_of_the_pair_and_kept_apart_from_those_of_its_texts(
    tiny_base: BaseSettings, tmp_path: Path
) -> None:
    one: list[Text] = ["where is my card", "the box is lost"]
    single = text_features(one, tiny_base, Paths(tmp_path))
    pair = text_features([(str(one[0]), str(one[1]))], tiny_base, Paths(tmp_path))
    assert (single.shape, pair.shape) == ((2, 32), (1, 128))
    np.testing.assert_allclose(np.linalg.norm(pair, axis=1), 128**0.5, rtol=1e-5)
    batch = batch_of(tiny_base, [(str(one[0]), str(one[1]))])
    encoder = load_encoder(folder_of(tiny_base), "eager").eval()
    with torch.no_grad():
        states = encoder(batch.input_ids, batch.attention_mask, batch.token_types).last_hidden_state
    assert batch.segments is not None
    first = mean_pool(states, batch.segments == 1)
    cosine = np.dot(pair[0, :32], first[0].numpy()) / np.linalg.norm(pair[0, :32]) / 32**0.5
    assert cosine == pytest.approx(1, abs=0.01)  # features may be of bfloat16 products


@pytest.mark.parametrize("kind", INPUTS)
def test_every_problem_says_what_it_reads_and_pools_rows_of_its_width(kind: str, tiny_base: BaseSettings) -> None:
    problem = INPUTS[kind]
    texts: list[Text] = PAIRS if len(problem.columns) > 1 else ["where is my card", "stop"]
    assert input_of(texts) is problem
    assert problem.kind == kind
    assert problem.reads
    assert problem.advice
    batch = batch_of(tiny_base, texts)
    states = torch.randn(*batch.input_ids.shape, 32)
    pooled = problem.pool(states, batch.attention_mask, batch.segments)
    assert pooled.shape == (len(texts), problem.feature_width(32))
    torch.testing.assert_close(pooled.norm(dim=1), torch.full((len(texts),), problem.feature_width(32) ** 0.5))
