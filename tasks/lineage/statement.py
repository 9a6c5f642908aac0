"""What made a model → an in-toto statement with SLSA's predicate for provenance

Specifications: in-toto.io/Statement/v1, slsa.dev/spec/v1.0/provenance. One value has one text (canonical JSON), so that
the statement's sha256 names it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.digest import canonical_json, sha256_of_text
from tasks.errors import IntegrityError

TYPE, PREDICATE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
BUILD_TYPE, BUILDER = "urn:finetrace:retrain:1", "urn:finetrace:local:1"


@dataclass(frozen=True)
class Statement:
    """A statement as it is kept."""

    value: Mapping[str, Any]

    @property
    def text(self) -> str:
        return canonical_json(self.value)

    @property
    def digest(self) -> str:
        return sha256_of_text(self.text)

    @property
    def subject(self) -> dict[str, str]:
        """File of the model → its sha256."""
        return {each["name"]: each["digest"]["sha256"] for each in self.value["subject"]}

    @property
    def model(self) -> dict[str, Any]:
        """name, content, digest (of the trained model) and package (of all files)."""
        return dict(self._definition["externalParameters"]["model"])

    @property
    def settings(self) -> dict[str, Any]:
        """All of params.yaml, secrets masked."""
        return dict(self._definition["externalParameters"]["settings"])

    @property
    def stages(self) -> list[dict[str, Any]]:
        """As tasks.lineage.materials.read_stages gives them."""
        return list(self._definition["internalParameters"]["stages"])

    @property
    def materials(self) -> dict[str, dict[str, Any]]:
        """Everything it was made from, by name: raw data, base, code, and the files kept beside the statement."""
        return {each["name"]: each for each in self._definition["resolvedDependencies"]}

    @property
    def kept_files(self) -> dict[str, str]:
        """File kept beside the statement → its sha256."""
        found = self.materials.items()
        return {name: each["digest"]["sha256"] for name, each in found if each.get("annotations", {}).get("kept")}

    @property
    def commit(self) -> str:
        """The git commit of the code, "" if it was in none."""
        return str(self.materials.get("code", {}).get("digest", {}).get("gitCommit", ""))

    @property
    def invocation(self) -> dict[str, Any]:
        """mlflow_run, prefect_flow_run, machine, and more that tells of the making."""
        return dict(self._details["metadata"]["finetrace"])

    @property
    def results(self) -> dict[str, Any]:
        """metrics (name → value, low, high) and gate (a list of outcomes)."""
        return dict(next(each["content"] for each in self._details["byproducts"] if each["name"] == "results"))

    @property
    def _definition(self) -> Any:
        return self.value["predicate"]["buildDefinition"]

    @property
    def _details(self) -> Any:
        return self.value["predicate"]["runDetails"]


@dataclass(frozen=True)
class Facts:
    """What a statement is made of."""

    model: Mapping[str, Any]
    files: Mapping[str, str]
    """File of the model → its sha256."""
    settings: Mapping[str, Any]
    stages: Sequence[Mapping[str, Any]]
    inputs: Sequence[Mapping[str, Any]]
    """Data as in-toto resources, raw data among them."""
    base: Mapping[str, str]
    """id, revision, sha256."""
    commit: str
    invocation: Mapping[str, Any]
    results: Mapping[str, Any]
    kept: Mapping[str, str] = field(default_factory=dict)
    """File kept beside the statement → its text."""


def make_statement(facts: Facts) -> Statement:
    """The statement of these facts."""
    base = {
        "name": "base",
        "uri": f"hf:{facts.base['id']}@{facts.base['revision']}",
        "digest": {"sha256": facts.base["sha256"]},
    }
    code = [{"name": "code", "uri": "git+.", "digest": {"gitCommit": facts.commit}}] if facts.commit else []
    kept = [
        {"name": name, "digest": {"sha256": sha256_of_text(text)}, "annotations": {"kept": True}}
        for name, text in sorted(facts.kept.items())
    ]
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {"model": dict(facts.model), "settings": dict(facts.settings)},
        "internalParameters": {"stages": list(facts.stages)},
        "resolvedDependencies": [*facts.inputs, base, *code, *kept],
    }
    details = {
        "builder": {"id": BUILDER},
        "metadata": {
            "invocationId": str(facts.invocation.get("prefect_flow_run") or facts.invocation["mlflow_run"]),
            "finetrace": dict(facts.invocation),
        },
        "byproducts": [{"name": "results", "content": dict(facts.results)}],
    }
    return Statement(
        {
            "_type": TYPE,
            "subject": [{"name": name, "digest": {"sha256": facts.files[name]}} for name in sorted(facts.files)],
            "predicateType": PREDICATE,
            "predicate": {"buildDefinition": definition, "runDetails": details},
        }
    )


def parse_statement(text: str, digest: str | None = None) -> Statement:
    """The statement in this text; `digest` is the one it must have. Raises IntegrityError if it is not that one."""
    if digest is not None and sha256_of_text(text) != digest:
        raise IntegrityError(
            f"the statement is not the one recorded: its sha256 is {sha256_of_text(text)}, not {digest}."
        )
    try:
        statement = Statement(json.loads(text))
        shapes = (statement.subject, statement.model, statement.stages, statement.kept_files, statement.results)
        known = statement.value["_type"] == TYPE and statement.value["predicateType"] == PREDICATE
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        raise IntegrityError("the statement is broken: it is no in-toto statement of a retraining.") from None
    if digest is not None and statement.text != text:
        raise IntegrityError("the statement is broken: it is not written as one (a key twice, or other spaces).")
    if not known or not all(isinstance(shape, dict | list) for shape in shapes):
        raise IntegrityError("the statement is broken: it is of another type.")
    return statement
