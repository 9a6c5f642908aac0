"""A process in which nothing was ever trained: it loads saved models and says what they say."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

ANSWER = """\
import json, sys
from pathlib import Path
from tasks.model.files import load_model
for line in sys.stdin:
    folder, texts = json.loads(line)
    texts = [tuple(each) if isinstance(each, list) else each for each in texts]
    print(json.dumps(load_model(Path(folder)).predict(texts).tolist()), flush=True)
"""


class Elsewhere:
    """The other process."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error::UserWarning", "-c", ANSWER]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def predict(self, model: Path, texts: Sequence[str | tuple[str, str]]) -> np.ndarray:
        """What a saved model says of texts or pairs there: (N, C)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(model), texts]) + "\n")
        self._process.stdin.flush()
        return np.array(json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    process = Elsewhere()
    yield process
    process.end()
