"""A stage that does next to nothing, put in the place of each room's own to try the orchestration alone.

What it does beyond that is said by the environment: FAKE_FAIL=room, FAKE_KILL=room:marker (once), FAKE_WAIT=room:file.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from tasks.errors import DataError
from tasks.files import replacing
from tasks.paths import Paths
from tasks.stages import STAGES

NAME = Path(__file__).parent.name
INPUTS = {
    "validate": "ingested",
    "split": "validated",
    "augment": "train",
    "finetune": "augmented",
    "evaluate": "model",
}


def _asked(variable: str) -> Path | None:
    """The path behind `room:path` if the room is ours."""
    room, _, path = os.environ.get(variable, "").partition(":")
    return Path(path) if room == NAME else None


def _content(paths: Paths, given: dict[str, Any]) -> str:
    """What comes in, so that a change goes through all stages, and what was set."""
    if NAME == "ingest":
        return (paths.root / given["ingest"].path).read_text() + repr(given)
    source: Path = getattr(paths, INPUTS[NAME])
    return (source / "content" if source.is_dir() else source).read_text() + repr(given)


def run(paths: Paths, **given: Any) -> dict[str, Any]:
    """Write the outputs of the room that this file lies in."""
    if os.environ.get("FAKE_FAIL") == NAME:
        raise DataError("data/raw/rows.csv:3: column 'text': is bad; mend it")
    marker = _asked("FAKE_KILL")
    if marker is not None and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    awaited = _asked("FAKE_WAIT")
    if awaited is not None:
        print(f"{NAME} waits as {os.getpid()}", flush=True)
        (awaited.parent / "waiting").write_text(str(os.getpid()))
    while awaited is not None and not awaited.exists():
        time.sleep(0.05)
    print(os.environ.get("FAKE_SAY", ""), flush=True)
    content = _content(paths, given)
    for name in STAGES[NAME].outputs:
        with replacing(getattr(paths, name)) as temporary:
            if name in ("model", "evaluation"):
                temporary.mkdir()
                (temporary / "content").write_text(content)
            else:
                temporary.write_text(content)
    return {"rows": len(content)}
