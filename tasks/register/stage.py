"""model, evaluation, registry → verdict; and, if the gate agrees, a version with its origin"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tasks.damage import find_damage, refuse_damage
from tasks.errors import DataError
from tasks.files import replacing, write_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.register.candidate import Candidate, read_candidate
from tasks.register.champion import ChampionVersion, find_version, predict_with
from tasks.register.description import describe
from tasks.register.evaluation import Evaluation, gather_evidence
from tasks.register.evidence import Evidence
from tasks.register.gate import is_passed, judge, needs_champion
from tasks.register.origin import identity, links, run_address, version_tags
from tasks.register.package import build_package, open_package
from tasks.register.provenance import state
from tasks.register.rules import Outcome
from tasks.register.settings import RegisterSettings
from tasks.register.settled import note_settled, question, read_settled
from tasks.register.verdict import champion_facts, verdict_line
from tasks.register.version import Registered, register_version
from tasks.texts import texts_of
from tasks.tracking import Store, complete_run, ensure_run, open_store
from tasks.tracking.reach import reporting

_CHECKED_TEXTS = 16


def run(paths: Paths, *, register: RegisterSettings, base: BaseSettings, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the model and, if it passes, make it a version; the verdict, also in data/reports/register.json.

    settings: all of params.yaml as plain values. A second call with nothing changed gives the same verdict and changes
    nothing. A failed gate is told in the verdict, not raised: passed is False, version None. Raises IntegrityError,
    DataError, SetupError.
    """
    refuse_damage(find_damage(paths.root))
    candidate = read_candidate(paths, base, settings)
    store = open_store(paths)
    with reporting(store.registry_uri):
        champion = find_version(store, register.name, "champion")
        asked = question(candidate, register, champion, store)
        settled = read_settled(store, paths, register, candidate, asked)
        if settled is not None:
            return settled
        answers = _champion_answers(store, register, candidate, champion)
        evidence = gather_evidence(candidate.evaluation, candidate.target, answers, has_champion=champion is not None)
        outcomes = judge(evidence, register)
        verdict = _act(store, register, candidate, evidence, outcomes, champion)
    if verdict["version"] is not None and champion is None:  # the first version has just become the champion
        first = ChampionVersion(verdict["version"], candidate.digest, "")
        asked = question(candidate, register, first, store)
    note_settled(paths, asked)
    return verdict


def _champion_answers(
    store: Store, register: RegisterSettings, candidate: Candidate, champion: ChampionVersion | None
) -> Any:
    """A function from texts or pairs to the champion's answers; None if there is no champion or no rule asks for it."""
    if champion is None or not needs_champion(register):
        return None
    if champion.model_digest == candidate.digest:
        table, slices = candidate.evaluation.predictions, candidate.evaluation.slices
        known = dict(zip(texts_of(table), table["predicted"].to_pylist(), strict=True))
        if set(texts_of(slices)) <= known.keys():
            return lambda texts: [known[text] for text in texts]
    return partial(predict_with, store, register.name, champion, candidate.target)


def _act(
    store: Store,
    register: RegisterSettings,
    candidate: Candidate,
    evidence: Evidence,
    outcomes: list[Outcome],
    champion: ChampionVersion | None,
) -> dict[str, Any]:
    """Record the verdict on the run and the page; make the version if it passed."""
    paths, metrics = candidate.paths, candidate.evaluation.metrics
    facts = champion_facts(champion.version, champion.model_digest, evidence, register) if champion else None
    line = verdict_line(outcomes, metrics, evidence, facts)
    run_id = ensure_run(paths, model_digest=candidate.digest, name=f"{register.name}-{candidate.digest[:8]}")
    tags = version_tags(store, run_id, candidate, outcomes)
    description = describe(line, metrics, outcomes, identity(candidate, tags), links(store, run_id))
    passed = is_passed(outcomes)
    registered = _register(store, register, candidate, run_id, tags, description, line, outcomes) if passed else None
    verdict = {
        "passed": passed,
        "line": line,
        "name": register.name,
        "version": registered.version if registered else None,
        "aliases": list(registered.aliases) if registered else [],
        "created": registered.created if registered else False,
        "run_id": run_id,
        "run_url": run_address(store, run_id),
        "content": candidate.content,
        "rules": [asdict(outcome) for outcome in outcomes],
        "champion": facts,
    }
    write_json(paths.report("register"), verdict)
    _render_page(paths, verdict)
    headline = candidate.measured.metrics
    complete_run(
        paths,
        run_id,
        settings=candidate.settings,
        headline=headline,
        tags=tags,
        description=description,
        verdict=verdict,
    )
    return verdict


def _register(
    store: Store,
    register: RegisterSettings,
    candidate: Candidate,
    run_id: str,
    tags: Mapping[str, str],
    description: str,
    line: str,
    outcomes: list[Outcome],
) -> Registered:
    def build(folder: Path, mlflow_model: Any) -> str:
        paths = candidate.paths
        digest = build_package(
            folder, model=paths.model, base=candidate.base, root=paths.root, mlflow_model=mlflow_model
        )
        if candidate.evaluation.model_digest is None:
            _check_answers(folder, candidate.evaluation)
        return digest

    return register_version(
        store,
        candidate.paths,
        name=register.name,
        content=candidate.content,
        run_id=run_id,
        tags=tags,
        description=description,
        measured=candidate.measured,
        build=build,
        state=lambda package, files: state(
            candidate, name=register.name, run_id=run_id, package=package, files=files, line=line, outcomes=outcomes
        ),
    )


def _check_answers(package: Path, evaluation: Evaluation) -> None:
    """Raise DataError unless the package gives the numbers that were measured, on some of the test rows."""
    some, model = evaluation.predictions.slice(0, _CHECKED_TEXTS), open_package(package)
    measured = np.concatenate(some["probabilities"].to_pylist())
    given = np.concatenate(model.target.numbers_behind(model.predict(texts_of(some))))
    if given.shape != measured.shape or not np.allclose(given, measured, rtol=1e-3, atol=0.01):
        raise DataError("the model gives other numbers than evaluate measured. Run evaluate again, then register.")


def _render_page(paths: Paths, verdict: dict[str, Any]) -> None:
    from tasks.report.run_report import render_run_report

    with replacing(paths.report_page) as temporary:
        temporary.write_text(render_run_report(paths, verdict), encoding="utf-8")
