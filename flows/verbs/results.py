"""What the functions of the Python interface return"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """The result of a run.

    passed: whether the gate passed; None if the run ended at an earlier stage. version, address: the registered version
    and how MLflow loads it, `models:/NAME/VERSION`. verdict: `data/reports/register.json`, with every rule. stages:
    each stage's report, `data/reports/<stage>.json`; metrics are in `stages["evaluate"]`.
    """

    passed: bool | None
    version: int | None
    address: str | None
    verdict: dict[str, Any]
    stages: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    winner: the cheapest candidate that is not shown to be worse than the best. verdict: the outcome in words, "no
    difference shown" included. candidates: each one's name, score with interval, distance to the best, CPU-seconds,
    size, latency. failed: name, seed and reason of trainings that failed. test: the winner's metrics on the test rows.
    lines: the winner's lines for params.yaml, empty if it is the winner as it is. page: the report.
    """

    winner: str
    verdict: str
    candidates: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    test: dict[str, Any]
    lines: str
    page: Path


@dataclass(frozen=True)
class Promotion:
    """The result of a request to make a version the champion.

    what: promoted, refused or unchanged. line: the same in a sentence. champion: the champion afterwards. rules: each
    rule of the gate, with name, passed and why.
    """

    what: str
    line: str
    champion: int | None
    rules: list[dict[str, Any]]


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    clean: whether nothing is broken; what could not be reached is not broken, but was not checked either. versions:
    each one's address, counts of holds, broken and unreached, and every finding. gone: versions that the registry no
    longer has, without a ledger entry that says why.
    """

    clean: bool
    versions: list[dict[str, Any]]
    gone: list[int]
