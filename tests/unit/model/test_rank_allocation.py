"""AdaLoRA's ranks: the budget falls to what was asked, the least important go, and PEFT would say the same."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import AdaLoraConfig, AdaLoraModel
from pydantic import TypeAdapter, ValidationError

from tasks.finetune.loop import fit
from tasks.finetune.plan import make_plan
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.model.encoder import linear_names, load_encoder
from tasks.model.rank_allocation import distance_from_orthogonal
from tasks.model.settings import BaseSettings
from tasks.model.strategies.adalora import AdaLora
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of

STEPS = 20
MAPS = 18  # six linear maps in each of three layers
IDS = torch.tensor([[2, 5, 6, 7, 8, 3]])


def encoder_of(base: BaseSettings) -> Any:
    return load_encoder(Path(str(base.folder)), "sdpa").eval()


def shaped(strategy: AdaLora, base: BaseSettings) -> Any:
    torch.manual_seed(0)
    encoder = encoder_of(base)
    strategy.reshape(encoder)
    return encoder


def give_gradients(encoder: Any, step: int) -> None:
    """The same random numbers for the same names and step, whatever the model is wrapped in."""
    source = torch.Generator().manual_seed(step)
    for name, parameter in encoder.named_parameters():
        if ".lora_" in name:
            parameter.grad = torch.randn(parameter.shape, generator=source)
            with torch.no_grad():
                parameter -= 0.01 * parameter.grad


def ranks(encoder: Any) -> int:
    return sum(int((p != 0).sum()) for name, p in encoder.named_parameters() if ".lora_E." in name)


def test_ranks_fall_from_the_first_budget_to_the_last_and_stay_there(tiny_base: BaseSettings) -> None:
    """Zhang et al. 2023, eq. 12: the budget falls with the cube of the share of steps that is left."""
    strategy = AdaLora(rank=4, start_rank=12, start_fraction=0.2, end_fraction=0.3, every_steps=1)
    encoder = shaped(strategy, tiny_base)
    course = []
    for step in range(1, STEPS + 1):
        give_gradients(encoder, step)
        strategy.after_step(encoder, step, STEPS)
        course.append(ranks(encoder))
    budgets = [int(MAPS * (4 + 8 * (1 - (step - 4) / 10) ** 3)) for step in range(5, 15)]
    assert course == [MAPS * 12] * 4 + budgets + [MAPS * 4] * 6


def test_a_training_ends_with_the_ranks_that_were_asked_for(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Twelve steps; the loop must tell the strategy of each while its gradients stand."""
    strategy = AdaLora(rank=4, start_rank=12, every_steps=2)
    settings = FinetuneSettings(strategy=strategy, epochs=3, batch_tokens=128, precision="float32", monitors=())
    training = training_of(learnable, settings, tiny_base)
    assert ranks(training.model.encoder) == 0  # singular values start at nothing
    progress = fit(training, Progress())
    assert progress.step == 12
    assert ranks(training.model.encoder) == MAPS * 4


def test_it_keeps_the_ranks_that_pefts_own_model_keeps(tiny_base: BaseSettings) -> None:
    strategy = AdaLora(rank=4, start_rank=12, start_fraction=0.1, end_fraction=0.3, every_steps=3)
    ours = shaped(strategy, tiny_base)
    torch.manual_seed(0)
    config = AdaLoraConfig(
        target_r=4, init_r=12, tinit=2, tfinal=6, deltaT=3, total_step=STEPS, lora_alpha=16,
        target_modules=linear_names(encoder_of(tiny_base), attention_only=False),
    )  # fmt: skip
    torch.manual_seed(0)
    theirs: Any = AdaLoraModel(encoder_of(tiny_base), config, "default")
    for step in range(1, 13):  # the last is one at which ranks are shared out
        give_gradients(ours, step)
        give_gradients(theirs.model, step)
        strategy.after_step(ours, step, STEPS)
        theirs.update_and_allocate(step)
    for (name, one), (_, other) in zip(ours.named_parameters(), theirs.model.named_parameters(), strict=True):
        assert torch.equal(one, other), name
    assert ranks(ours) < MAPS * 12


def test_what_it_remembers_is_all_that_the_rest_depends_on(tiny_base: BaseSettings) -> None:
    strategy = AdaLora(rank=4, start_rank=12, start_fraction=0.1, end_fraction=0.3, every_steps=3)
    whole = shaped(strategy, tiny_base)
    for stop in (7, 16):  # while ranks fall, and when they are settled
        for step in range(1, STEPS + 1):
            give_gradients(whole, step)
            strategy.after_step(whole, step, STEPS)
            if step == stop:
                weights = {name: p.detach().clone() for name, p in whole.named_parameters()}
                memory = {name: value.clone() for name, value in strategy.memory(whole).items()}
        again = shaped(strategy, tiny_base)
        again.load_state_dict(weights, strict=False)
        strategy.recall(again, memory)
        for step in range(stop + 1, STEPS + 1):
            give_gradients(again, step)
            strategy.after_step(again, step, STEPS)
        assert all(torch.equal(p, dict(again.named_parameters())[name]) for name, p in whole.named_parameters())
        whole = shaped(strategy, tiny_base)


def test_orthogonality_is_the_mean_frobenius_distance_of_the_gram_matrices(tiny_base: BaseSettings) -> None:
    encoder = shaped(AdaLora(rank=1, start_rank=2), tiny_base)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if ".lora_A." in name:  # rows (2, 0 …), (0, 1 …): P Pᵀ − I = diag(3, 0), of norm 3
                parameter.zero_()
                parameter[0, 0], parameter[1, 1] = 2.0, 1.0
            elif ".lora_B." in name:  # no column at all: −I, of norm √2
                parameter.zero_()
    assert float(distance_from_orthogonal(encoder).detach()) == pytest.approx((3 + 2**0.5) / 2)
    assert float(AdaLora(orthogonality=0.1).penalty(encoder).detach()) == pytest.approx((3 + 2**0.5) / 20)
    assert AdaLora(orthogonality=0.0).penalty(encoder) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [({"start_rank": 8}, "start_rank 8 is not above rank 8"), ({"start_fraction": 0.7}, "leave no steps between")],
)
def test_settings_that_leave_nothing_to_share_out_are_refused(given: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TypeAdapter(AdaLora).validate_python(given)


def test_layers_that_learn_at_other_times_cannot_be_compared(learnable: Paths, tiny_base: BaseSettings) -> None:
    from tasks.errors import SettingsError

    with pytest.raises(SettingsError, match=r"finetune\.thaw: by_epoch .* adalora weighs"):
        make_plan(learnable, FinetuneSettings(strategy=AdaLora(), thaw=ByEpoch()), tiny_base)
