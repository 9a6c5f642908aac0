"""38: hostile and broken files in the place of those that a checkpoint or a model consists of."""

from collections.abc import Callable

from tests.torture.case import Case, require_words
from tests.torture.commands import Done
from tests.torture.hostile import torch_file
from tests.torture.killed import killed_copy, resume, steps
from tests.torture.place import Place
from tests.torture.planted import sign
from tests.torture.prepared import trained

BESIDE_CHECKPOINT = ("optimizer.pt", "rng_state.pth", "training_args.bin", "scheduler.pt", "pytorch_model.bin")


def _beside_checkpoint(place: Place) -> Done:
    workspace = killed_copy(place)
    for folder in (steps(workspace)[-1].parent, steps(workspace)[-1].parent.parent):
        for name in BESIDE_CHECKPOINT:
            (folder / name).write_bytes(torch_file(place.canary))
    return resume(place, workspace, "goes on from step")


def _in_checkpoint(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        (steps(workspace)[-1] / name).write_bytes(torch_file(place.canary))
        return require_words(workspace.stage("finetune"), "CKPT_HASH_MISMATCH", name)

    return act


def _model_json(name: str, content: bytes, *, signed: bool) -> Callable[[Place], Done]:
    """A file of the model is another; `signed`: the manifest agrees with it."""

    def act(place: Place) -> Done:
        workspace = trained(place)
        workspace.write(f"data/model/{name}", content)
        if signed:
            sign(workspace.root / "data/model")
        return require_words(workspace.finetrace("predict", "text"), name)

    return act


CASES: list[Case] = [
    Case(38, "hostile files beside checkpoints are not opened", 0, _beside_checkpoint),
    *(
        Case(38, f"a hostile {name} inside a checkpoint is refused by name", 5, _in_checkpoint(name))
        for name in BESIDE_CHECKPOINT[1:2]
    ),
    Case(
        38,
        "another tokenizer.json in data/model is refused",
        5,
        _model_json("tokenizer.json", b'{"version": "1.0"}', signed=False),
    ),
    Case(38, "another config.json in data/model is refused", 5, _model_json("config.json", b"{}", signed=False)),
    Case(38, "a broken manifest in data/model is refused", 5, _model_json("manifest.json", b"[1, 2", signed=False)),
    Case(
        38, "a manifest of another shape in data/model is refused", 5, _model_json("manifest.json", b"[]", signed=False)
    ),
    Case(
        38,
        "a broken tokenizer.json that the manifest agrees with is refused",
        5,
        _model_json("tokenizer.json", b'{"model": 7}', signed=True),
    ),
    Case(
        38,
        "a broken about.json that the manifest agrees with is refused",
        5,
        _model_json("about.json", b"{}", signed=True),
    ),
]
