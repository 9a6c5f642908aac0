"""Was this already judged? Then the verdict stands, and nothing is done twice."""

from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_value
from tasks.files import read_json, write_json
from tasks.paths import Paths
from tasks.register.candidate import Candidate
from tasks.register.champion import ChampionVersion
from tasks.register.settings import RegisterSettings
from tasks.register.version import aliases_of, find_content
from tasks.settings import as_dict
from tasks.tracking import Store, find_run


def question(candidate: Candidate, register: RegisterSettings, champion: ChampionVersion | None, store: Store) -> str:
    """The name of everything that the verdict depends on."""
    results, rules = sha256_of_value(candidate.evaluation.results), as_dict(register)
    against = [champion.version, champion.model_digest] if champion else None
    return sha256_of_value([candidate.content, results, rules, against, store.tracking_uri, store.registry_uri])


def read_settled(
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


def note_settled(paths: Paths, asked: str) -> None:
    """The verdict in data/reports/register.json answers this question, and all it led to is done."""
    write_json(_marker(paths), {"asked": asked})


def _marker(paths: Paths) -> Path:
    """Which question the last verdict answers; a verdict without it is not reused."""
    return paths.state / "registered.json"
