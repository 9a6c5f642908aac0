"""`finetrace audit`: what a person reads of it"""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from flows.serving.server import configured_url, running_url
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.audit.finding import SIGNS, Finding
from tasks.audit.gather import Asked
from tasks.audit.verify import Answer, Report, audit_version, find_versions, gone_versions, resolve
from tasks.config import load_config
from tasks.errors import DataError, IntegrityError
from tasks.files import replacing
from tasks.lineage.ledger import Ledger, read_ledger
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.tracking.store import Store, database, open_store, registry_uri, reporting

_COLOURS = {"holds": "green", "broken": "bold red", "unreached": "yellow"}


def audit(
    paths: Paths,
    address: str | None,
    *,
    every: bool,
    fetch: bool,
    require_signature: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Audit a version, or all of them, and print what was found. Raises IntegrityError if anything is broken."""
    reports, gone = audit_versions(paths, address, every=every, fetch=fetch, require_signature=require_signature)
    if html is not None:
        _write_page(html, reports, gone)
    if as_json:
        print_json(audit_values(reports, gone))
    else:
        _print(make_console(stderr=False), reports, gone)
    raise_if_broken(reports, gone)


def audit_versions(
    paths: Paths, address: str | None, *, every: bool, fetch: bool, require_signature: bool
) -> tuple[list[Report], list[int]]:
    """What the audit of a version, or of all, found, and the versions that are gone without a line in the ledger."""
    import os

    set_switches()
    store = open_registry(paths)
    asked = Asked(configured_url(os.environ) or running_url(paths) or "", fetch, require_signature)
    with reporting(store.registry_uri):
        return _audited(store, paths, address, every, asked)


def audit_values(reports: list[Report], gone: list[int]) -> dict[str, Any]:
    """The same as plain values."""
    return {"clean": _is_clean(reports, gone), "gone": gone, "versions": [each.as_json() for each in reports]}


def open_registry(paths: Paths) -> Store:
    """The store, which must be there already. Raises DataError."""
    file = database(registry_uri(paths))
    if file is not None and not file.exists():
        raise DataError(f"There is no registry at {file} yet. Make a version first (finetrace run).")
    return open_store(paths)


def asked_version(store: Store, paths: Paths, address: str | None) -> tuple[str, int]:
    """Name and number of the version that is asked for, else of the champion. params.yaml is read only where the
    address does not name the model. Raises SettingsError if there is none such."""
    if address and address.strip().startswith("models:/"):
        return resolve(store, address)
    return resolve(store, "champion" if address is None else address, load_config(paths.params).register.name)


def _audited(
    store: Store, paths: Paths, address: str | None, every: bool, asked: Asked
) -> tuple[list[Report], list[int]]:
    if not every:
        found, version = asked_version(store, paths, address)
        return [audit_version(store, paths, found, version, asked)], []
    name = load_config(paths.params).register.name
    ledger: Ledger = read_ledger(store, paths, name)
    versions = find_versions(store, name)
    if not versions and not ledger.lines:
        raise DataError(f"{name} has no version yet. Make one first (finetrace run).")
    reports = [audit_version(store, paths, name, version, asked, ledger) for version in versions]
    return reports, gone_versions(ledger, versions)


def _is_clean(reports: list[Report], gone: list[int]) -> bool:
    return not gone and all(each.is_clean for each in reports)


def _print(console: Console, reports: list[Report], gone: list[int]) -> None:
    for report in reports:
        console.print(f"[bold]{escape(report.address)}[/]")
        for answer in report.answers:
            _print_answer(console, answer, is_last=answer is report.answers[-1])
        counts = report.counts
        console.print(f"{counts['holds']} hold, {counts['broken']} broken, {counts['unreached']} out of reach\n")
    for version in gone:
        console.print(f"[bold red]✗[/] version {version} is gone, and no line of the ledger says why")


def _print_answer(console: Console, answer: Answer, *, is_last: bool) -> None:
    worst = next(
        (m for m in ("broken", "unreached", "holds") if any(f.mark == m for f in answer.findings)), "unreached"
    )
    console.print(f"{'└' if is_last else '├'}─ {_sign(worst)} {escape(answer.title)}")
    for finding in answer.findings:
        console.print(f"{' ' if is_last else '│'}    {_sign(finding.mark)} {escape(_words(finding))}")


def _sign(mark: Any) -> str:
    return f"[{_COLOURS[mark]}]{SIGNS[mark]}[/]"


def _words(finding: Finding) -> str:
    return f"{finding.what}: {finding.why}" if finding.why else finding.what


def _write_page(file: Path, reports: list[Report], gone: list[int]) -> None:
    from tasks.audit.page import render_audit

    with replacing(file.resolve()) as temporary:
        temporary.write_text(render_audit(reports, gone), encoding="utf-8")


def raise_if_broken(reports: list[Report], gone: list[int]) -> None:
    """Raise IntegrityError that names the first thing found broken, if anything is."""
    worst = [f"{each.address}: {word}" for each in reports for word in each.worst]
    worst += [f"version {version} is gone from the registry" for version in gone]
    if worst:
        more = f" ({len(worst) - 1} more above)" if len(worst) > 1 else ""
        raise IntegrityError(f"{worst[0]}{more}. Do not use what is marked ✗; restore it, or retrain.")
