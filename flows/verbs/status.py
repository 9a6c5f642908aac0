"""What is stale, what was decided last, what is registered, what runs."""

from typing import Any

from rich.markup import escape

from flows.processes.lock import holder
from flows.processes.stage_inputs import damage_of
from flows.processes.stages import check_sections, stale_stages
from flows.redact import redact
from flows.serving.server import running_url
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.config import Config, load_config
from tasks.errors import BusyError
from tasks.files import read_json
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.stages import PUBLISHING, STAGES
from tasks.tracking.store import export_for_clients


def show_status(paths: Paths, *, as_json: bool) -> None:
    """Print where the workspace stands."""
    found = read_status(paths)
    if as_json:
        print_json(found)
        return
    console = make_console(stderr=False)
    for name, reasons in found["stages"].items():
        shown = "[yellow]stale[/]  " + escape(", ".join(reasons[:3]) + (" …" if len(reasons) > 3 else ""))
        console.print(f"{name:<10} {shown if reasons else '[green]up to date[/]'}")
    verdict = found["verdict"]
    console.print(f"verdict    {escape(verdict['line']) if verdict else 'none yet'}")
    versions = [f"v{number} ({', '.join(aliases) or 'no alias'})" for number, aliases in found["versions"].items()]
    console.print(f"versions   {escape(', '.join(versions)) or 'none yet'}")
    console.print(f"ledger     {escape(redact(found['ledger'] or 'empty'))}")
    console.print(f"held by    {found['holder'] or 'nobody'}")
    if found["mlflow"]:
        console.print("mlflow     its own programs open another, empty database here, unless you type first:")
        console.print(f"           {escape(found['mlflow'])}", soft_wrap=True)
    console.print(f"pages      {', '.join(found['servers'].values()) or 'not served (finetrace up)'}")


def read_status(paths: Paths) -> dict[str, Any]:
    """The same as plain values."""
    set_switches()
    config = load_config(paths.params)
    check_sections(paths)
    held = holder(paths)
    try:
        stale = stale_stages(paths)
    except BusyError:
        stale = {name: ["being made"] for name in STAGES}
    for each in damage_of(paths, set(STAGES) - stale.keys()):
        stale.setdefault(each.stage or "ingest", []).append(str(each))
    report = paths.report(PUBLISHING)
    return {
        "stages": {name: stale.get(name, []) for name in STAGES},
        "verdict": read_json(report) if report.exists() else None,
        "versions": _versions(paths, config),
        "ledger": _ledger(paths, config),
        "holder": f"process {held['pid']} ({held['command']})" if held else None,
        "mlflow": export_for_clients(paths),
        "servers": read_json(paths.state / "servers.json")["pages"] if running_url(paths) else {},
    }


def _ledger(paths: Paths, config: Config) -> str:
    """The champion by the ledger and the last entry, or what is wrong with it; "" if nothing was entered yet."""
    from tasks.lineage.ledger import describe_entry, read_ledger
    from tasks.tracking.store import database, open_store, registry_uri, reporting

    file = database(registry_uri(paths))
    if file is not None and not file.exists():
        return ""
    store = open_store(paths)
    with reporting(store.registry_uri):
        ledger = read_ledger(store, paths, config.register.name)
    if ledger.flaws:
        return f"tampered with: line {ledger.flaws[0].number}: {ledger.flaws[0].why} (finetrace audit)"
    if not ledger.chain.entries:
        return ""
    unfinished = "" if ledger.is_applied else " (not finished: promote again, or finetrace up puts it right)"
    last = ledger.chain.entries[-1]
    return f"champion v{ledger.chain.champion}; entry {last.seq}: {describe_entry(last)}{unfinished}"


def _versions(paths: Paths, config: Config) -> dict[str, list[str]]:
    """Each registered version with its aliases, the newest first; {} if no store was made yet."""
    from tasks.tracking.store import database, open_store, registry_uri, reporting

    file = database(registry_uri(paths))
    if file is not None and not file.exists():
        return {}
    store = open_store(paths)
    with reporting(store.registry_uri):
        found = store.client.search_model_versions(f"name = '{config.register.name}'")
        versions = sorted((int(each.version) for each in found), reverse=True)
        model = store.client.get_registered_model(config.register.name) if versions else None
    aliases = dict(model.aliases) if model else {}
    return {str(each): sorted(name for name, version in aliases.items() if int(version) == each) for each in versions}
