"""What a run costs when there is next to nothing to learn: tracking, orchestration and imports."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tasks.files import read_json
from tasks.paths import Paths
from tasks.stages import STAGES
from tests.bench.figure import Figure
from tests.bench.measured import measure
from tests.bench.options import Options
from tests.bench.rows import embedded_data

ROWS_PER_LABEL, LABELS = 50, 4
FINETRACE = [sys.executable, "-m", "flows.cli"]
DONE = (0, 3)
"""A gate that says no is a whole run too."""


def overhead(options: Options) -> list[Figure]:
    """CPU-seconds of `finetrace` and everything it starts."""
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        embedded = _clone(Path(folder) / "embedded")
        beside = _clone(Path(folder) / "beside")
        with _prefect_server(Path(folder) / "server") as url:
            with_server = _run(beside, options, {"PREFECT_API_URL": url})
        alone = _run(embedded, options, {"PREFECT_API_URL": ""})
        again = _run(embedded, options, {"PREFECT_API_URL": ""})
        inside = _inside_stages(embedded)
        shown = measure([*FINETRACE, "--help"], embedded, threads=options.threads).cpu_seconds
    what = f"{ROWS_PER_LABEL * LABELS} rows, {LABELS} labels, feature_extraction; all descendants counted"
    return [
        Figure("overhead", "run, Prefect server running", "CPU-s", with_server, at_most=20, note=what),
        Figure("overhead", "run, embedded server", "CPU-s", alone, at_most=35, note=inside),
        Figure("overhead", "run again, nothing changed", "CPU-s", again, at_most=5),
        Figure("overhead", "finetrace --help", "CPU-s", shown, at_most=0.5),
    ]


def _run(root: Path, options: Options, extra: dict[str, str]) -> float:
    blank = {name: "" for name in os.environ if name.startswith(("PREFECT_", "MLFLOW_"))}
    cost = measure([*FINETRACE, "run"], root, threads=options.threads, extra=blank | extra, check=False)
    if cost.exit_code not in DONE:
        raise RuntimeError(f"finetrace run ended with {cost.exit_code}:\n{cost.output[-4000:]}")
    return cost.cpu_seconds


def _inside_stages(root: Path) -> str:
    """Where the time goes: what each stage took once its process had started."""
    paths = Paths(root)
    took = {stage: read_json(paths.timing(stage))["cpu_seconds"] for stage in STAGES if paths.timing(stage).exists()}
    listed = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in took.items())
    return f"of these inside the stages {sum(took.values()):.1f} ({listed}); the rest is starting, DVC, Prefect, MLflow"


def _clone(root: Path) -> Path:
    """A copy of the repository's own files as a repository of its own, on a tiny data set."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if Path(name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, root / name)
    _tiny_data(root)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
        subprocess.run(["git", *who, *arguments], cwd=root, check=True)
    return root


def _tiny_data(root: Path) -> None:
    import csv

    rows = embedded_data(Path.cwd()).train
    labels = sorted({label for _, label in rows})[:LABELS]
    with (root / "data" / "raw" / "tiny.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for label in labels:
            writer.writerows([row for row in rows if row[1] == label][:ROWS_PER_LABEL])
    values = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    values["ingest"] |= {"path": "data/raw/tiny.csv", "text_column": "text", "label_column": "label"}
    values.setdefault("finetune", {})["strategy"] = {"kind": "feature_extraction"}
    (root / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


@contextmanager
def _prefect_server(home: Path) -> Iterator[str]:
    """A Prefect server of our own, as if `finetrace up` ran; its CPU is not counted."""
    home.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    log = (home / "log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/health", process)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.terminate()
        process.wait()
        log.close()


def _wait_for(address: str, process: subprocess.Popen[bytes], patience_seconds: float = 300) -> None:
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - http on this machine
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the Prefect server did not start")
