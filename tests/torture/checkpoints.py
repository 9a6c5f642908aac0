"""3, 4 and 7: a training that was killed goes on to the same bits and numbers, or starts over and says so."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.killed import curve, kill_training, killed, killed_copy, report, resume, steps, whole
from tests.torture.place import Place
from tests.torture.workspace import Workspace

_KILLED_IN_WRITING = """
import os, shutil, signal, sys
from pathlib import Path
from tasks.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    shutil.copytree(sys.argv[2], temporary)
    (temporary / "manifest.json").unlink()
    os.kill(os.getpid(), signal.SIGKILL)
"""
_WRITES_FOR_LONG = """
import sys, time
from pathlib import Path
from tasks.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.mkdir()
    (temporary / "half").touch()
    while not Path("go").exists():
        time.sleep(0.05)
"""
KILL_AT = (1, 9, 40)
"""Steps after which the training is killed: in the first epoch before and after a checkpoint, and in a later one."""
PARTS = ("weights.safetensors", "optimizer.safetensors", "random.safetensors", "best.safetensors", "progress.json")


def _kill_at(step: int) -> Callable[[Place], Done]:
    return lambda place: resume(place, killed(place, step), "goes on from step")


def _kill_twice(place: Place) -> Done:
    workspace = killed(place, 9)
    kill_training(workspace, 40)
    return resume(place, workspace, "goes on from step")


def _half_saved(place: Place) -> Done:
    workspace = killed_copy(place)
    newest = steps(workspace)[-1]
    for name in ("manifest.json", "random.safetensors"):
        (newest / name).unlink()
    return resume(place, workspace, newest.name, "goes on from step")


def _kill_in_writing(workspace: Workspace, target: Path, source: Path) -> Path:
    """Kill a process that is putting a copy of a folder, but for its manifest, in another's place; what it left."""
    done = workspace.run("-c", _KILLED_IN_WRITING, str(target), str(source))
    left = list(target.parent.glob(".tmp-*"))
    require(done.code == 137 and len(left) == 1, f"it was not killed in the writing: {done.code}, {done.last_words}")
    return left[0]


def _half_written(place: Place) -> Done:
    """What a kill inside the saving of a checkpoint leaves: a folder that did not get its name yet."""
    workspace = killed_copy(place)
    newest = steps(workspace)[-1]
    half = _kill_in_writing(workspace, newest.with_name(f"step-{int(newest.name[5:]) + 4:08}"), newest)
    return resume(place, workspace, half.name, "goes on from step")


def _killed_in_model(place: Place) -> Done:
    """What a kill inside the saving of the model leaves beside it."""
    workspace = killed_copy(place)
    half = _kill_in_writing(workspace, workspace.root / "data/model", steps(workspace)[-1])
    done = resume(place, workspace, "goes on from step")
    require(not half.exists(), f"{half.name} is still there")
    return done


def _living_writer(place: Place) -> Done:
    """What another process is writing at this moment beside the model stays: it is no litter."""
    workspace = killed_copy(place)
    writer = workspace.start("-c", _WRITES_FOR_LONG, str(workspace.root / "data/other"))
    writer.wait_until(lambda: list(workspace.root.glob("data/.tmp-*/half")))
    half = next(iter(workspace.root.glob("data/.tmp-*")), None)
    done = resume(place, workspace, "goes on from step")
    stayed = half is not None and (half / "half").exists()
    workspace.write("go", b"")
    require(writer.finish().code == 0 and stayed, "what a living process writes was removed")
    return done


def _lacking(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        newest = steps(workspace)[-1]
        (newest / name).unlink()
        return resume(place, workspace, newest.name, name, "goes on from step")

    return act


def _all_lacking(place: Place) -> Done:
    workspace = killed_copy(place)
    for step in steps(workspace):
        (step / "optimizer.safetensors").unlink()
    done = resume(place, workspace, *(step.name for step in steps(workspace)), "optimizer.safetensors")
    require("goes on" not in done.stderr, "it went on from a checkpoint without its optimizer")
    return done


def _same_curve(place: Place) -> Done:
    """MLflow's numbers after a resume are those of the same steps, uninterrupted; the killed run is closed."""
    workspace = killed(place, 40)  # no copy: MLflow knows the run by its workspace
    done = resume(place, workspace)
    wrong = curve(workspace) - whole(place.lab).curve
    require(not wrong, f"{len(wrong)} numbers in MLflow are others: {sorted(wrong)[:3]}")
    require(curve(workspace), "MLflow knows no numbers of the resumed run")
    statuses = workspace.query("SELECT status FROM runs ORDER BY start_time")
    require(statuses == [("FAILED",), ("FINISHED",)], f"runs are {statuses}")
    return done


def _same_report(place: Place) -> Done:
    workspace = killed(place, 40)  # no copy: MLflow knows the run by its workspace
    done = resume(place, workspace)
    losses = [epoch["train_loss"] for epoch in report(workspace)["history"]]
    step = re.search(r"goes on from step (\d+)", done.stderr)
    require(step is not None and len(losses) == 3, f"{done.last_words}, losses {losses}")
    return done


CASES: list[Case] = [
    *(
        Case(
            3,
            f"a training killed after a checkpoint of step {step} or later goes on to the same bits",
            0,
            _kill_at(step),
        )
        for step in KILL_AT
    ),
    Case(3, "a training killed twice goes on to the same bits", 0, _kill_twice),
    Case(3, "a half-saved newest checkpoint is passed over by name, and the one before it used", 0, _half_saved),
    Case(3, "a checkpoint killed in the writing is passed over by name and removed", 0, _half_written),
    Case(3, "what a kill in the saving of the model leaves is removed by the next run", 0, _killed_in_model),
    Case(3, "what a living process is writing beside the model is left alone", 0, _living_writer),
    *(
        Case(
            4, f"a checkpoint without its {name} is passed over by name, and the one before it used", 0, _lacking(name)
        )
        for name in PARTS
    ),
    Case(4, "if every checkpoint lacks its optimizer the training starts over, and says so", 0, _all_lacking),
    Case(7, "the report after a resume is the uninterrupted one, train loss included", 0, _same_report),
    Case(7, "what MLflow knows of a resumed training are the uninterrupted numbers", 0, _same_curve),
]
