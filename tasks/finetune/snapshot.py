"""A training's tensors: taken for a checkpoint, and put back."""

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor

from tasks.finetune.progress import Progress
from tasks.finetune.training import Tensors, Training
from tasks.model.classifier import learned_state


def snapshot(training: Training, progress: Progress) -> Tensors:
    """Every tensor that the rest of the training depends on."""
    names = {id(parameter): name for name, parameter in training.model.named_parameters()}
    optimizer = {
        f"{names[id(parameter)]}|{key}": value.cpu().contiguous()
        for parameter, values in training.optimizer.state.items()
        for key, value in values.items()
    }
    return {
        "weights": learned_state(training.model),
        "optimizer": optimizer,
        "random": _random_states(training.accelerator),
        "best": dict(progress.best),
        "strategy": training.settings.strategy.memory(training.model.encoder),
    }


def restore(training: Training, tensors: Tensors) -> None:
    """Put a snapshot's weights, optimizer and random states back."""
    training.model.load_state_dict(tensors["weights"], strict=False)
    parameters = dict(training.model.named_parameters())
    for key, value in tensors["optimizer"].items():
        name, field = key.split("|")
        parameter = parameters[name]
        training.optimizer.state[parameter][field] = value if field == "step" else value.to(parameter.device)
    training.settings.strategy.recall(training.model.encoder, tensors["strategy"])
    torch.set_rng_state(tensors["random"][f"cpu.{training.accelerator.process_index}"])
    if torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random"][f"cuda.{training.accelerator.process_index}"])


def _random_states(accelerator: Accelerator) -> dict[str, Tensor]:
    own = {f"cpu.{accelerator.process_index}": torch.get_rng_state()}
    if torch.cuda.is_available():
        own[f"cuda.{accelerator.process_index}"] = torch.cuda.get_rng_state()
    if accelerator.num_processes == 1:
        return own
    return {key: value for states in gather_object([own]) for key, value in states.items()}
