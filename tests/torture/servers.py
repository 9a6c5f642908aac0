"""13, 14, 16 to 18, 44: servers that die, are not there, look well and are not, or are asked by strangers."""

import time
from collections.abc import Callable

import psutil

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import plain, registered, trained
from tests.torture.serving import NAMES, Servers, ask, down, free_port, served, wait_for

OFTEN = {"check_minutes": 0.25}
REAPED_SECONDS = 60.0
PREFECT, KEYS = ".finetrace/prefect/prefect.db", ".finetrace/webhook.json"


def _listening(servers: Servers) -> list[tuple[str, int]]:
    """Addresses that `finetrace up` and all its children listen on."""
    family = [psutil.Process(servers.running.pid), *psutil.Process(servers.running.pid).children(recursive=True)]
    found = [each.laddr for process in family for each in process.net_connections() if each.status == "LISTEN"]
    return [(address.ip, address.port) for address in found]


def _fires(place: Place) -> Done:
    workspace = registered(place)
    workspace.set(schedule=OFTEN)
    with served(workspace) as servers:
        for url in (f"{servers.registry}/registered-models/search", f"{servers.urls['receiver']}/health"):
            require(ask(url)[0] == 200, f"{url} does not answer")
        fired = wait_for(lambda: [each for each in servers.runs("reap") if each["auto_scheduled"]], "a schedule fires")
        require(fired[0]["state_type"] in ("RUNNING", "COMPLETED"), f"the scheduled run is {fired[0]['state_type']}")
        return down(servers)


def _strangers(place: Place) -> Done:
    workspace = registered(place)
    with served(workspace) as servers:
        elsewhere = [address for address in _listening(servers) if address[0] != "127.0.0.1"]
        require(not elsewhere, f"listens on {elsewhere}")
        require(len(_listening(servers)) >= len(servers.ports), "not all ports are there")
        code, _ = ask(f"{servers.registry}/experiments/search?max_results=1", headers={"Host": "evil.example"})
        require(code == 403, f"MLflow answers a rebound host name with {code}")
        origin = {"Origin": "https://evil.example"}
        code, _ = ask(f"{servers.registry}/registered-models/create", {"name": "theirs"}, origin)
        require(code == 403, f"MLflow takes a write from another page's origin: {code}")
        start = f"{servers.prefect}/flow_runs/filter"
        for stranger in ({"Host": "evil.example"}, origin, {**origin, "Content-Type": "text/plain"}):
            code, _ = ask(start, {}, stranger)
            require(code == 403, f"Prefect answers {stranger} with {code}")
        return down(servers)


def _killed_flow(place: Place) -> Done:
    """A run killed with SIGKILL is told as crashed by the reaper, and nobody is left of it."""
    workspace = registered(place)
    place.kills = True
    workspace.set(schedule=OFTEN, finetune={"epochs": 500, "checkpoint_steps": 1000})
    with served(workspace) as servers:
        running = workspace.start("-m", "flows.cli", "run")
        trains = "SELECT 1 FROM runs WHERE status = 'RUNNING'"
        running.wait_until(lambda: workspace.query(trains))
        running.kill()
        running.finish()
        killed = time.monotonic()
        wait_for(lambda: servers.runs("retrain")[0]["state_type"] == "CRASHED", "the run is told as crashed")
        require(time.monotonic() - killed < REAPED_SECONDS, "reaped too late")
        wait_for(lambda: not workspace.query(trains), "MLflow's run is closed")
        return down(servers)


def _killed_up(place: Place) -> Done:
    workspace = registered(place)
    place.kills = True
    with served(workspace) as servers:
        family = psutil.Process(servers.running.pid).children(recursive=True)
        require(len(family) >= 4, f"only {len(family)} children")
        servers.running.kill()
        left = psutil.wait_procs(family, timeout=15)[1]
        require(not left, f"still there: {left}")
    with served(workspace) as servers:  # ports, keys and database are as before
        return down(servers)


def _no_prefect(place: Place) -> Done:
    workspace = registered(place)
    began = time.monotonic()
    done = workspace.finetrace("retrain", extra={"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    require(time.monotonic() - began < 30, "told too late")
    return require_words(done, "PREFECT_API_URL", "does not answer")


def _no_mlflow(place: Place) -> Done:
    """Trained while MLflow is away: told at the end, and registered once it is back, without training again."""
    workspace = trained(place)
    done = workspace.finetrace("run", extra={"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"})
    require(done.code == 7 and "127.0.0.1:9" in done.stderr, f"exit {done.code}: {done.last_words}")
    before = (workspace.root / "data/model/weights.safetensors").stat().st_mtime_ns
    later = workspace.finetrace("run")
    require((workspace.root / "data/model/weights.safetensors").stat().st_mtime_ns == before, "trained again")
    require(workspace.query("SELECT version FROM model_versions WHERE name = 'wishes'") == [(1,)], "no one version")
    return later


def _broken(name: str, *words: str) -> Callable[[Place], Done]:
    """`finetrace up` where one of the files it needs is rubbish: told before any server stands."""

    def act(place: Place) -> Done:
        workspace = place.copy(plain(place.lab))
        workspace.write(name, b"{ rubbish " * 500)
        began = time.monotonic()
        options = [word for kind in NAMES for word in (f"--{kind}-port", str(free_port()))]
        done = workspace.finetrace("up", *options)
        require(time.monotonic() - began < 60, "told too late")
        (workspace.root / name).unlink()
        return require_words(done, name.rpartition("/")[2], *words)

    return act


CASES: list[Case] = [
    Case(17, "`finetrace up` on a broken mlflow.db names it", 7, _broken("mlflow.db")),
    Case(17, "`finetrace up` on a broken database of Prefect names it", 5, _broken(PREFECT, "move it away")),
    Case(17, "`finetrace up` on broken keys of the webhook names them", 5, _broken(KEYS, "Delete it")),
    Case(13, "a flow killed with SIGKILL is told as crashed by the scheduled reaper", 0, _killed_flow),
    Case(14, "`finetrace up` killed with SIGKILL leaves no server, and starts again on what it left", 0, _killed_up),
    Case(16, "a retraining whose Prefect server is not there says so within seconds", 7, _no_prefect),
    Case(16, "what was trained while MLflow was away is registered later, not trained again", 0, _no_mlflow),
    Case(18, "every server answers a search, and a schedule really fires", 0, _fires),
    Case(44, "servers listen on 127.0.0.1 alone, and refuse rebound host names and foreign pages", 0, _strangers),
]
