"""`python -m flows.processes.foreman TOKEN`: DVC and the stages, on request, with nothing loaded twice.

Started by flows.processes.workshop. Each line on stdin is a request: {"dvc": [arguments…]} runs `dvc arguments…`,
{"stage": name} runs a stage that DVC knows nothing of; "environment" is added to ours. What they print is our output;
at the end of each comes a line of the token and the exit code.
"""

import json
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.processes.dvc_locks import FOLDER, GUARD, drop_emptied
from flows.processes.forks import Forks
from tasks.stages import STAGES

_OURS = re.compile(rf"python -m tasks ({'|'.join(STAGES)})")


def main(token: str) -> int:
    """Answer requests until there are no more."""
    forks = Forks.start()  # first of all: DVC has threads
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(request.get("environment", {}))
        code = _do(request, forks)
        if forks.has_died:
            return 128 + signal.SIGKILL
        sys.stdout.write(f"\n{token} {code}\n")
        sys.stdout.flush()
    return 0


def _do(request: dict[str, Any], forks: Forks) -> int:
    if "dvc" in request:
        return _dvc(request["dvc"], forks)
    try:
        return forks.run(request["stage"], Path.cwd(), os.environ)
    except ChildProcessError:
        return 1


def _dvc(arguments: list[str], forks: Forks) -> int:
    """DVC's command line in this process; it starts our stages as forks and whatever else as it always does."""
    from dvc.cli import main as dvc
    from dvc.lock import LockError, make_lock
    from dvc.stage import run
    from dvc.stage.exceptions import StageCmdFailedError

    root = Path.cwd()
    with suppress(LockError):
        drop_emptied(root, make_lock(str(root / GUARD), tmp_dir=str(root / FOLDER)))
    as_always = run._run

    def start(executable: str | None, command: str, **how: Any) -> None:
        stage = _OURS.fullmatch(command)
        if stage is None:
            as_always(executable, command, **how)
        elif code := forks.run(stage[1], Path(how["cwd"]), how["env"]):
            raise StageCmdFailedError(command, code)

    run._run = start
    try:
        return int(dvc(arguments) or 0)
    finally:
        run._run = as_always


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
