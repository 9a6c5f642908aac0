"""The model that asks to become a version, with the data, settings and numbers that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tasks.digest import sha256_of_value
from tasks.errors import DataError, IntegrityError
from tasks.files import read_json, refuse_links_out
from tasks.model.about import read_about
from tasks.model.manifest import verify_model
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.register.evaluation import Evaluation, read_evaluation
from tasks.register.version import Measured
from tasks.stages import STAGES
from tasks.targets import Target
from tasks.tracking.code_identity import CodeIdentity, read_code_identity
from tasks.tracking.inputs import DataInput, read_inputs

MADE_BY = ("base", *(each.name for each in STAGES.values() if each.makes in ("rows", "model")))
"""The sections of params.yaml that make a model; the others only measure or publish it."""


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
    def measured(self) -> Measured:
        """The headline metrics that are finite numbers, and the test file."""
        test = next(each for each in self.data if each.context == "testing")
        values = {name: each["value"] for name, each in self.evaluation.metrics.items()}
        known = {name: value for name, value in values.items() if value is not None}
        return Measured(known, test.name, test.md5)

    @cached_property
    def strategy(self) -> str:
        return read_about(self.paths.model).kind

    @cached_property
    def target(self) -> Target:
        """What is asked of the model."""
        return read_about(self.paths.model).target

    @cached_property
    def code(self) -> CodeIdentity:
        return read_code_identity(self.paths.root)


def read_candidate(paths: Paths, base: BaseSettings, settings: Mapping[str, Any]) -> Candidate:
    """The model with all that is known of it.

    Raises IntegrityError if the model or the data are not those that were recorded, DataError if something is missing.
    """
    refuse_links_out(paths.data, paths.root)
    digest = verify_model(paths.model)
    trained = read_json(paths.report("finetune"))["model_digest"] if paths.report("finetune").exists() else digest
    if trained != digest:
        raise IntegrityError(
            f"{paths.model} is model {digest}, but finetune.json reports {trained}. Run finetune again."
        )
    inputs = read_inputs(paths, settings.get("ingest", {}).get("path"))
    evaluation = read_evaluation(paths)
    if evaluation.model_digest not in (None, digest):
        raise DataError(f"evaluate measured model {evaluation.model_digest}, not {digest}. Run evaluate again.")
    return Candidate(paths, base, settings, digest, inputs, evaluation)
