"""`finetrace retrain`: the scheduled flow, started by hand and told to the person"""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from flows.clone.clean_clone import remote_url
from flows.news import listening
from flows.processes.interrupt import sigterm_as_interrupt
from flows.run import flow_session
from flows.verbs.commands import check_until, print_json
from flows.verbs.terminal import Watcher, make_console
from tasks.config import load_config
from tasks.paths import Paths


def retrain_by_hand(paths: Paths, *, clean_clone: bool, until: str, force: bool, as_json: bool) -> None:
    """Run the flow and print what came of it. Raises what it ended with, GateError for a refusal."""
    config = load_config(paths.params)
    check_until(until)
    if clean_clone:
        remote_url(paths, config.schedule.remote)  # told at once if there is none
    console = make_console(stderr=as_json)
    watcher = Watcher(console)
    try:
        with sigterm_as_interrupt(), listening(watcher.hear), flow_session(paths):
            from flows.retrain import retrain  # late: imports Prefect, which reads its settings then

            stage: Any = until  # Prefect checks that it is one
            done = retrain(workspace=str(paths.root), until=stage, force=force, clean_clone=clean_clone)
    finally:
        watcher.close()
    if as_json:
        print_json(done)
    else:
        for line in lines(done):
            console.print(escape(line))


def lines(done: Mapping[str, Any]) -> list[str]:
    """What a retraining came to, for people."""
    if done.get("changed") is False:
        return ["Nothing has changed: no commit, no version."]
    verdict = done.get("verdict", {})
    told = [f"Verdict  {verdict['line']}"] if verdict else []
    if done.get("branch"):
        told.append(f"Branch   {done['branch']}{'' if done.get('new') else ' (there before)'}")
    return told
