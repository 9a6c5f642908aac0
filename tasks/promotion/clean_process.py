"""Model folders and texts → what each model answers, loaded as a stranger would load it"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Container, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.errors import GateError
from tasks.files import read_json
from tasks.masking import mask_text
from tasks.model.about import read_about
from tasks.offline import SWITCHES
from tasks.process_name import is_alive, machine_name, process_name
from tasks.targets import Target
from tasks.texts import Text

SCRIPT = Path(__file__).with_name("in_clean_process.py")
TIMED, TIMEOUT_SECONDS = 20, 3600.0
_PREFIX = "finetrace-gate-"
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH", "FINETRACE_TORTURE")
_KEPT_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "OMP_", "GOMP_", "MKL_", "OPENBLAS_")
"""What a clean process is given of our environment: no secret, no address of a store, no PYTHONPATH."""
_SET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_WAIT_POLICY": "passive",  # two models answer at once: who waits must not hold a core
    "GOMP_SPINCOUNT": "0",
}


@dataclass(frozen=True)
class Answers:
    """What a model says about N different texts.

    answers: N, in the form that tables keep. outputs: N arrays of float32, as `predict` gives them, classes in their
    order.
    """

    texts: tuple[Text, ...]
    target: Target
    classes: tuple[str, ...]
    answers: tuple[str, ...]
    outputs: tuple[np.ndarray, ...]
    milliseconds: float | None
    """Median time to answer one text; None if nobody asked."""
    own_code: bool
    """Whether it ran with the code that it was registered with."""

    def of(self, texts: Sequence[Text]) -> tuple[list[str], list[np.ndarray]]:
        """Answers and outputs of these texts, each of which was asked."""
        place = {text: number for number, text in enumerate(self.texts)}
        rows = [place[text] for text in texts]
        return [self.answers[row] for row in rows], [self.outputs[row] for row in rows]


def ask_all(
    folders: Mapping[str, Path], texts: Sequence[Text], timed: Container[str] = ()
) -> dict[str, Answers | GateError]:
    """What the models in these folders answer to the texts, each in a process of its own, all at once.

    The processes stand in an empty folder and are given none of our code, secrets or addresses. A model that cannot
    be loaded or asked gives a GateError that says why.
    """
    different = tuple(dict.fromkeys(texts))
    _remove_left()
    mine = f"{_PREFIX}{machine_name()}-{process_name()}-"
    with ExitStack() as stack:
        started = {}
        for who, folder in folders.items():
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=mine)))
            started[who] = (_start(folder.resolve(), different, scratch, TIMED if who in timed else 0), scratch)
        return {who: _finish(who, folders[who], different, *each) for who, each in started.items()}


def _remove_left() -> None:
    """Remove the folders of promotions that were killed here; rmtree follows no link, and others' are not ours to
    remove."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{machine_name()}-*"):
        if not is_alive(folder.name.removeprefix(_PREFIX).split("-")[1]):
            shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, texts: Sequence[Text], scratch: Path, timed: int) -> "subprocess.Popen[bytes]":
    columns = ["text"] if isinstance(texts[0], str) else ["text", "pair"]
    rows = [[text] if isinstance(text, str) else list(text) for text in texts]
    questions = scratch / "questions.json"
    questions.write_text(json.dumps({"columns": columns, "rows": rows, "timed": timed}), encoding="utf-8")
    empty = scratch / "empty"
    empty.mkdir()
    command = [sys.executable, "-P", "-c", SCRIPT.read_text(encoding="utf-8"), str(folder), str(questions)]
    with (scratch / "said").open("wb") as said:
        return subprocess.Popen([*command, str(scratch)], cwd=empty, env=clean_environment(), stdout=said, stderr=said)


def _finish(
    who: str, folder: Path, texts: tuple[Text, ...], process: "subprocess.Popen[bytes]", scratch: Path
) -> Answers | GateError:
    try:
        code = process.wait(TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return GateError(f"{who} did not answer within {TIMEOUT_SECONDS:.0f} s.")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code:
        lines = (scratch / "said").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return GateError(f"{who} does not load and answer in a clean process: {mask_text((lines or ['?'])[-1])[:300]}")
    told = read_json(scratch / "answers.json")
    about = read_about(folder / "artifacts" / "model")
    outputs = _unflat(np.load(scratch / "outputs.npy", allow_pickle=False), told["shapes"])
    classes = tuple(about.labels if told["labels"] is None else told["labels"])
    answers = about.target.answers(outputs, classes) if told["answers"] is None else told["answers"]
    own_code = Path(told["code"]).is_relative_to(folder.resolve())
    return Answers(texts, about.target, classes, tuple(answers), outputs, told["milliseconds"], own_code)


def _unflat(flat: np.ndarray, shapes: Sequence[Sequence[int]]) -> tuple[np.ndarray, ...]:
    """The numbers of each text, in its shape."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return tuple(part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True))


def clean_environment() -> dict[str, str]:
    """What a clean process is given of ours, and the switches that keep it off the network."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return kept | SWITCHES | _SET
