"""model, evaluation, registry → verdict; and, if the gate agrees, a version with its origin"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from tasks.digest import sha256_of_value
from tasks.errors import DataError, IntegrityError
from tasks.files import read_json, replacing, write_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.register.champion import ChampionVersion, find_version, predict_with
from tasks.register.description import Identity, describe
from tasks.register.evidence import Evaluation, gather_evidence, read_evaluation
from tasks.register.gate import Evidence, Outcome, is_passed, judge, needs_champion
from tasks.register.package import build_package, open_package
from tasks.register.settings import RegisterSettings
from tasks.register.verdict import champion_facts, verdict_line
from tasks.register.version import Registered, aliases_of, find_content, register_version
from tasks.settings import as_dict
from tasks.tracking import MODEL_DIGEST, Store, complete_run, ensure_run, find_run, open_store
from tasks.tracking.code_identity import CodeIdentity, read_code_identity
from tasks.tracking.inputs import DataInput, read_inputs
from tasks.tracking.live import flow_tags
from tasks.tracking.store import reporting

MADE_BY = ("base", "ingest", "validate", "split", "augment", "finetune")
"""The sections of params.yaml that make a model; the others only measure or publish it."""
_CHECKED_TEXTS = 16


@dataclass(frozen=True)
class Candidate:
    """The model that asks to become a version."""

    paths: Paths
    base: BaseSettings
    settings: Mapping[str, Any]
    digest: str
    data: Sequence[DataInput]
    evaluation: Evaluation

    @cached_property
    def content(self) -> str:
        """The name of model, data, settings and base together: equal contents are one version."""
        made_by = {name: self.settings[name] for name in MADE_BY if name in self.settings}
        data = sorted((each.context, each.md5) for each in self.data if each.context != "raw")
        return sha256_of_value({"model": self.digest, "data": data, "params": made_by, "base": self.base.sha256})

    @cached_property
    def strategy(self) -> str:
        return str(read_json(self.paths.model / "about.json")["strategy"]["kind"])

    @cached_property
    def code(self) -> CodeIdentity:
        return read_code_identity(self.paths.root)


def run(
    paths: Paths, *, register: RegisterSettings, base: BaseSettings, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Judge the model and, if it passes, make it a version; the verdict, also in data/reports/register.json.

    settings: all of params.yaml as plain values. A second call with nothing changed gives the same verdict and changes
    nothing. A failed gate is told in the verdict, not raised: passed is False, version None. Raises IntegrityError,
    DataError, SetupError.
    """
    candidate = _read_candidate(paths, base, settings)
    store = open_store(paths)
    with reporting(store.registry_uri):
        champion = find_version(store, register.name, "champion")
        asked = _question(candidate, register, champion, store)
        settled = _settled(store, paths, register, candidate, asked)
        if settled is not None:
            return settled
        evidence = gather_evidence(candidate.evaluation, _champion_answers(store, register, candidate, champion))
        outcomes = judge(evidence, register)
        verdict = _act(store, register, candidate, evidence, outcomes, champion)
    if verdict["version"] is not None and champion is None:  # the first version has just become the champion
        first = ChampionVersion(verdict["version"], candidate.digest, "")
        asked = _question(candidate, register, first, store)
    write_json(_marker(paths), {"asked": asked})
    return verdict


def _read_candidate(paths: Paths, base: BaseSettings, settings: Mapping[str, Any]) -> Candidate:
    from tasks.model.manifest import verify_model

    digest = verify_model(paths.model)
    trained = read_json(paths.report("finetune"))["model_digest"] if paths.report("finetune").exists() else digest
    if trained != digest:
        raise IntegrityError(f"{paths.model} is model {digest}, but finetune.json reports {trained}. Run finetune again.")
    raw = settings.get("ingest", {}).get("path")
    return Candidate(paths, base, settings, digest, read_inputs(paths, raw), read_evaluation(paths))


def _question(
    candidate: Candidate, register: RegisterSettings, champion: ChampionVersion | None, store: Store
) -> str:
    """The name of everything that the verdict depends on."""
    results, rules = sha256_of_value(candidate.evaluation.results), as_dict(register)
    against = [champion.version, champion.model_digest] if champion else None
    return sha256_of_value([candidate.content, results, rules, against, store.tracking_uri, store.registry_uri])


def _settled(
    store: Store, paths: Paths, register: RegisterSettings, candidate: Candidate, asked: str
) -> dict[str, Any] | None:
    """The last verdict, if it answers the same question and what it made is still there."""
    files = (_marker(paths), paths.report("register"), paths.report_page)
    if not all(file.exists() for file in files) or read_json(_marker(paths)) != {"asked": asked}:
        return None
    verdict: dict[str, Any] = read_json(paths.report("register"))
    if find_run(paths, candidate.digest) != verdict["run_id"]:
        return None
    if verdict["version"] is None:
        return verdict
    if find_content(store, register.name, candidate.content) != verdict["version"]:
        return None
    return verdict | {"created": False, "aliases": list(aliases_of(store, register.name, verdict["version"]))}


def _champion_answers(
    store: Store, register: RegisterSettings, candidate: Candidate, champion: ChampionVersion | None
) -> Any:
    """A function from texts to the champion's labels; None if there is no champion or no rule asks for it."""
    if champion is None or not needs_champion(register):
        return None
    if champion.model_digest == candidate.digest:
        table, slices = candidate.evaluation.predictions, candidate.evaluation.slices
        known = dict(zip(table["text"].to_pylist(), table["predicted"].to_pylist(), strict=True))
        if set(slices["text"].to_pylist()) <= known.keys():
            return lambda texts: [known[text] for text in texts]
    return partial(predict_with, store, register.name, champion)


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
    tags = _tags(store, run_id, candidate, outcomes)
    description = describe(line, metrics, outcomes, _identity(candidate, tags), _links(store, run_id))
    passed = is_passed(outcomes)
    registered = _register(store, register, candidate, run_id, tags, description) if passed else None
    verdict = {
        "passed": passed,
        "line": line,
        "name": register.name,
        "version": registered.version if registered else None,
        "aliases": list(registered.aliases) if registered else [],
        "created": registered.created if registered else False,
        "run_id": run_id,
        "content": candidate.content,
        "rules": [asdict(outcome) for outcome in outcomes],
        "champion": facts,
    }
    write_json(paths.report("register"), verdict)
    _render_page(paths, verdict)
    headline = {name: each["value"] for name, each in metrics.items()}
    complete_run(
        paths, run_id, settings=candidate.settings, headline=headline, tags=tags, description=description, verdict=verdict
    )
    return verdict


def _register(
    store: Store,
    register: RegisterSettings,
    candidate: Candidate,
    run_id: str,
    tags: Mapping[str, str],
    description: str,
) -> Registered:
    def build(folder: Path, mlflow_model: Any) -> str:
        paths = candidate.paths
        digest = build_package(
            folder, model=paths.model, base=candidate.base, root=paths.root, mlflow_model=mlflow_model
        )
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
        build=build,
    )


def _check_answers(package: Path, evaluation: Evaluation) -> None:
    """Raise DataError unless the package gives the probabilities that were measured, on some of the test rows."""
    some = evaluation.predictions.slice(0, _CHECKED_TEXTS)
    measured = np.array(some["probabilities"].to_pylist())
    given = open_package(package).predict(some["text"].to_pylist())
    if given.shape != measured.shape or not np.allclose(given, measured, atol=0.01):
        raise DataError("the model gives other probabilities than evaluate measured. Run evaluate again, then register.")


def _tags(store: Store, run_id: str, candidate: Candidate, outcomes: list[Outcome]) -> dict[str, str]:
    """What a person filters by in the registry; the code is the one that the training's run names, if it does."""
    of_run = store.client.get_run(run_id).data.tags
    code, metrics = candidate.code, candidate.evaluation.metrics
    tags = {
        "gate": "passed" if is_passed(outcomes) else "failed",
        "gate.off": ", ".join(each.name for each in outcomes if each.passed is None),
        MODEL_DIGEST: candidate.digest,
        "strategy": candidate.strategy,
        "base.id": candidate.base.id,
        "base.revision": candidate.base.revision,
        "base.sha256": candidate.base.sha256,
        "git.commit": of_run.get("mlflow.source.git.commit", candidate.code.commit),
        "git.dirty": of_run.get("finetrace.git_dirty", str(code.is_dirty).lower()),
        **{f"data.{each.context}.md5": each.md5 for each in candidate.data},
        **{name: f"{metrics[name]['value']:.4f}" for name in ("accuracy", "macro_f1") if name in metrics},
        **flow_tags(),
    }
    return {name: value for name, value in tags.items() if value}


def _identity(candidate: Candidate, tags: Mapping[str, str]) -> Identity:
    code = tags.get("git.commit", "not in git") + ("+ (changed)" if tags.get("git.dirty") == "true" else "")
    base = f"{candidate.base.id}@{candidate.base.revision[:10]}"
    return Identity(candidate.digest, base, candidate.base.sha256, candidate.strategy, code, candidate.data)


def _links(store: Store, run_id: str) -> dict[str, str]:
    """Relative addresses work on whichever port the pages are served."""
    view = "workflowType=machine_learning"  # else MLflow opens its pages for chat programs
    run = f"#/experiments/{store.experiment_id}/runs/{run_id}"
    links = {"training run": f"{run}?{view}", "report": f"{run}/artifacts/report.html?{view}"}
    flow_run = os.environ.get("FINETRACE_FLOW_RUN_URL", "")
    return links | ({"Prefect flow run": flow_run} if flow_run.startswith(("http://", "https://")) else {})


def _render_page(paths: Paths, verdict: dict[str, Any]) -> None:
    from tasks.report.run_report import render_run_report

    with replacing(paths.report_page) as temporary:
        temporary.write_text(render_run_report(paths, verdict), encoding="utf-8")


def _marker(paths: Paths) -> Path:
    """Which question the last verdict answers; a verdict without it is not reused."""
    return paths.state / "registered.json"
