"""3: trainings whose layers thaw, with more terms in the loss and somebody looking on, go on to the same bits."""

from typing import Any

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.killed import FINETUNE, kill_training, report, untrained
from tests.torture.place import Lab, Place

WATCHED = [{"kind": "convergence"}, {"kind": "gradient_flow"}, {"kind": "representation_drift"}]
THAWING: dict[str, dict[str, Any]] = {
    "layers thaw by epoch, under EWC, looked at by three monitors": {
        "strategy": {"kind": "full"},
        "thaw": {"kind": "by_epoch", "start": 1},
        "penalties": [{"kind": "ewc", "rows": 8}],
        "monitors": WATCHED,
    },
    "layers thaw on a plateau, words moved by FGM": {
        "strategy": {"kind": "full"},
        "thaw": {"kind": "on_plateau", "smallest_gain": 0.5},
        "penalties": [{"kind": "fgm"}],
    },
    "layers freeze again, with gradient checkpointing": {
        "strategy": {"kind": "full"},
        "thaw": {"kind": "freeze_out"},
        "gradient_checkpointing": True,
    },
    "AdaLoRA shares out its ranks": {"strategy": {"kind": "adalora"}},
}
KILL_AT = 30
"""In the second of three epochs."""


def _whole(lab: Lab, words: str) -> dict[str, Any]:
    def make(place: Place) -> dict[str, Any]:
        workspace = untrained(place, FINETUNE | THAWING[words])
        workspace.stages("finetune")
        return report(workspace)

    return lab.once(f"whole {words}", make)


def _killed(words: str) -> Any:
    def act(place: Place) -> Done:
        workspace = untrained(place, FINETUNE | THAWING[words])
        kill_training(workspace, KILL_AT)
        place.kills = True
        done = workspace.stage("finetune")
        require(done.code == 0, f"cannot go on: {done.last_words}")
        found, due = report(workspace), _whole(place.lab, words)
        wrong = [key for key in found.keys() | due.keys() if found.get(key) != due.get(key)]
        require(not wrong, f"not as uninterrupted: {', '.join(wrong)}")
        return require_words(done, "goes on from step")

    return act


CASES: list[Case] = [
    Case(3, f"a training killed while {words} goes on to the same bits and notes", 0, _killed(words))
    for words in THAWING
]
