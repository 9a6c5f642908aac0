"""What is made of finished trainings: wise_ft, soup, ensemble, each beside its parts."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import tasks.tracking
from tasks.errors import IntegrityError, SettingsError
from tasks.finetune import stage
from tasks.finetune.plan import make_plan
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prompt import Prompt
from tasks.paths import Paths
from tasks.table import SPLIT, read_table
from tests.elsewhere import Elsewhere

QUICK = FinetuneSettings(
    strategy=Partial(layers=2), epochs=2, batch_tokens=128, precision="float32", checkpoint_steps=2, calibrate=False
)
SEEDS: tuple[dict[str, Any], ...] = ({"seed": 1}, {"seed": 2}, {"learning_rate": 1e-3})
MIXED: tuple[dict[str, Any], ...] = ({"strategy": {"kind": "full"}}, {"strategy": {"kind": "lora"}}, {})


@pytest.fixture(autouse=True)
def _no_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))


def train(paths: Paths, base: BaseSettings, settings: FinetuneSettings = QUICK, **changes: Any) -> dict[str, Any]:
    return stage.run(paths, finetune=replace(settings, **changes), base=base)


def texts_of(paths: Paths) -> list[str]:
    return list(read_table(paths.test, SPLIT)["text"].to_pylist())


def answers(paths: Paths, base: BaseSettings) -> np.ndarray:
    return load_model(paths.model, base).predict(texts_of(paths))


def rank(scores: dict[str, float]) -> tuple[float, float]:
    return scores["val_score"], -scores["val_loss"]


@pytest.mark.parametrize("strategy", [Partial(layers=2), Full()], ids=lambda each: each.kind)
def test_alpha_1_is_the_fine_tuned_model_to_the_bit(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = train(learnable, tiny_base, strategy=strategy)
    monkeypatch.setattr(WiseFt, "alphas", [1.0])
    assert train(learnable, tiny_base, strategy=strategy, post=WiseFt())["model_digest"] == plain["model_digest"]


@pytest.mark.parametrize("strategy", [Full(), Lora()], ids=lambda each: each.kind)
def test_alpha_0_answers_as_the_base_with_the_prototype_head(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WiseFt, "alphas", [0.0])
    train(learnable, tiny_base, strategy=strategy, post=WiseFt())
    start = prepare(learnable, replace(QUICK, strategy=FeatureExtraction()), tiny_base)  # the untouched base
    model = start.model.eval()
    encoded = prepare_ids(start, texts_of(learnable))
    with torch.no_grad():
        expected = torch.cat([model(ids, torch.ones_like(ids)).softmax(-1) for ids in encoded])
    np.testing.assert_allclose(answers(learnable, tiny_base), expected.numpy(), atol=2e-6)


def prepare_ids(start: Any, texts: list[str]) -> list[torch.Tensor]:
    from tasks.model.tokenizer import load_tokenizer, token_ids

    return [torch.tensor([each]) for each in token_ids(load_tokenizer(start.folder, 32), texts)]


def test_the_alpha_that_val_prefers_is_taken_and_the_whole_curve_told(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    report = train(learnable, tiny_base, post=WiseFt(points=5))
    curve, post = report["post"]["curve"], report["post"]
    assert [each["alpha"] for each in curve] == [0.0, 0.25, 0.5, 0.75, 1.0]
    best = max(curve, key=rank)
    assert (post["alpha"], report["best_val_score"]) == (best["alpha"], best["val_score"])
    assert {key: best[key] for key in post["result"]} == post["result"]
    assert [each["name"] for each in post["parts"]] == ["start, α = 0", "fine-tuned, α = 1"]
    assert [rank(each) for each in post["parts"]] == [rank(curve[0]), rank(curve[-1])]


def test_interpolated_factors_of_lora_are_interpolated_models_and_saved_whole(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W + α s B A, not W + s (α B)(A₀ + α (A − A₀)): by hand from the folder of the plain training."""
    train(learnable, tiny_base, strategy=Lora())
    learned = load_file(learnable.model / "weights.safetensors")
    base = load_file(f"{tiny_base.folder}/model.safetensors")
    monkeypatch.setattr(WiseFt, "alphas", [0.25])
    assert train(learnable, tiny_base, strategy=Lora(), post=WiseFt())["post"]["saved_as"] == "full"
    saved = load_file(learnable.model / "weights.safetensors")
    name = "encoder.layer.0.attention.self.query"
    down, up = (learned[f"encoder.{name}.lora_{part}.default.weight"] for part in "AB")
    update = Lora().alpha / Lora().rank * up @ down
    assert float(update.abs().max()) > 1e-4
    torch.testing.assert_close(saved[f"encoder.{name}.weight"], base[f"{name}.weight"] + 0.25 * update)


@pytest.mark.parametrize("members", [SEEDS, MIXED], ids=["seeds", "strategies"])
def test_a_soup_is_on_val_no_worse_than_its_best_member(
    members: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    report = train(learnable, tiny_base, post=Soup(members=members))
    post = report["post"]
    assert len(post["parts"]) == 3
    assert rank(post["result"]) >= max(rank(each) for each in post["parts"])
    assert [each["kept"] for each in post["parts"]] == [number in post["kept"] for number in range(3)]
    assert report["strategy"]["kind"] == post["saved_as"] == ("partial" if members is SEEDS else "full")
    assert answers(learnable, tiny_base).shape == (18, 3)


def test_a_soup_of_all_is_the_mean_of_their_weights(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.finetune.post import soup

    singles = []
    for patch in SEEDS:
        train(learnable, tiny_base, **patch)
        singles.append(load_file(learnable.model / "weights.safetensors"))
    monkeypatch.setattr(soup, "greedy_members", lambda count, rank_of: rank_of([0, 1, 2]) and [0, 1, 2])
    train(learnable, tiny_base, post=Soup(members=SEEDS))
    for name, mean in load_file(learnable.model / "weights.safetensors").items():
        torch.testing.assert_close(mean, torch.stack([each[name] for each in singles]).mean(0))


@pytest.mark.parametrize("calibrate", [False, True])
def test_an_ensemble_in_a_fresh_process_is_the_mean_of_its_members(
    calibrate: bool, learnable: Paths, tiny_base: BaseSettings, elsewhere: Elsewhere
) -> None:
    report = train(learnable, tiny_base, post=Ensemble(members=MIXED), calibrate=calibrate)
    singles = []
    for patch in MIXED:
        single = replace(
            QUICK, **{key: {"full": Full(), "lora": Lora()}[value["kind"]] for key, value in patch.items()}
        )
        other = Paths(learnable.root.parent / "single")
        for path in ("augmented", "val"):
            getattr(other, path).parent.mkdir(parents=True, exist_ok=True)
            getattr(other, path).write_bytes(getattr(learnable, path).read_bytes())
        train(other, tiny_base, single)
        singles.append(load_model(other.model, tiny_base).predict(texts_of(learnable)))
    there = elsewhere.predict(learnable.model, texts_of(learnable))
    powers = np.mean(singles, axis=0) ** (1 / report["temperature"])
    np.testing.assert_allclose(there, powers / powers.sum(1, keepdims=True), atol=1e-5)
    assert (report["temperature"] != 1.0) == calibrate
    assert report["strategy"] == {"kind": "ensemble", "members": "full, lora, partial"}


@pytest.mark.parametrize("post", [WiseFt(points=3), Soup(members=SEEDS)], ids=lambda post: post.kind)
def test_words_that_no_text_holds_stay_as_pre_trained_while_layers_thaw(
    post: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    train(learnable, tiny_base, strategy=Full(), thaw=ByEpoch(), epochs=3, post=post)
    table = load_file(f"{tiny_base.folder}/model.safetensors")["embeddings.word_embeddings.weight"]
    saved = load_file(learnable.model / "weights.safetensors")["encoder.embeddings.word_embeddings.weight"]
    assert torch.equal(saved[30:], table[30:])  # the tokenizer knows 24 words
    assert saved.shape == table.shape


def test_an_ensemble_learns_in_bfloat16_from_kept_states(learnable: Paths, tiny_base: BaseSettings) -> None:
    report = train(learnable, tiny_base, post=Ensemble(members=SEEDS), precision="bfloat16")
    assert report["dtype"] == "bfloat16"
    assert (learnable.cache / "states").exists()
    assert report["parameters"]["trainable"] == sum(each["trainable"] for each in report["post"]["parts"])


@pytest.mark.parametrize("name", ["weights.safetensors", "about.json", "manifest.json"])
def test_a_flipped_byte_in_a_member_is_refused_by_name(name: str, learnable: Paths, tiny_base: BaseSettings) -> None:
    train(learnable, tiny_base, post=Ensemble(members=SEEDS[:2]))
    file = learnable.model / "members" / "1" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(IntegrityError, match=f"members/1/{name}".replace(".", r"\.")):
        load_model(learnable.model, tiny_base)


@pytest.mark.parametrize("post", [WiseFt(), Soup(members=({"seed": 1}, {}))], ids=lambda post: post.kind)
def test_what_stays_beside_the_base_is_not_averaged_and_the_plan_says_why(
    post: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(QUICK, strategy=Prompt(tokens=2), post=post)
    for refuses in (make_plan, lambda paths, finetune, base: stage.run(paths, finetune=finetune, base=base)):
        with pytest.raises(SettingsError, match=rf"{post.kind} averages weights, but what prompt learns stays"):
            refuses(learnable, settings, tiny_base)


@pytest.mark.parametrize(
    ("strategy", "members"),
    [
        (Full(), ({"seed": 1}, {"seed": 2}, {"seed": 1})),
        (Full(), ({}, {"checkpoint_steps": 7})),
        (FeatureExtraction(), ({"seed": 1}, {"seed": 2})),
        (FeatureExtraction(), ({"epochs": 2}, {"learning_rate": 0.1})),
    ],
)
def test_members_that_only_repeat_are_refused(
    strategy: Any, members: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    for kind in (Soup, Ensemble):
        settings = replace(QUICK, strategy=strategy, post=kind(members=members))
        with pytest.raises(SettingsError, match=r"finetune\.post\.members\.\d: trains the very same as members\.0"):
            make_plan(learnable, settings, tiny_base)


def test_each_member_is_the_training_that_its_settings_alone_would_give(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """Of LoRA the seed also decides what its factors start as."""
    singles, steps = [], []
    for seed in (1, 2):
        steps.append(train(learnable, tiny_base, strategy=Lora(), seed=seed, epochs=seed)["steps"])
        singles.append(load_file(learnable.model / "weights.safetensors"))
    report = train(
        learnable, tiny_base, strategy=Lora(), post=Ensemble(members=({"seed": 1, "epochs": 1}, {"seed": 2}))
    )
    for number, single in enumerate(singles):
        member = load_file(learnable.model / "members" / str(number) / "weights.safetensors")
        assert all(torch.equal(member[name], weights) for name, weights in single.items()), number
    assert report["steps"] == sum(steps)
