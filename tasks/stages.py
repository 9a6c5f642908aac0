"""The stages in order: the one place that lists them; whatever else speaks of stages is derived from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Numbers = Mapping[str, Any]
_HOUR = 3600.0

_MODEL = ("torch", "sklearn.linear_model", "transformers.modeling_utils", "transformers.models.auto.modeling_auto")
_TRACKING = (
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
)


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline; its name is also its folder in `tasks` and its section of params.yaml."""

    name: str
    makes: Literal["rows", "model", "evaluation", "version"]
    sections: tuple[str, ...]
    """The sections of params.yaml that it reads."""
    outputs: tuple[str, ...]
    """Fields of Paths; its report comes on top."""
    timeout_seconds: float
    headline: Callable[[Numbers], str]
    """Its report → the few numbers a person looks for first."""
    shared_imports: tuple[str, ...] = ()
    """Big libraries that other stages import, too: whoever runs several stages loads them once."""


def _finetune_headline(numbers: Numbers) -> str:
    score = f"val {numbers['score'].replace('_', ' ').replace('f1', 'F1')} {numbers['best_val_score']:.3f}"
    post = numbers.get("post")
    how = f"by {post['kind']}, {post['saved_as']}" if post else f"in epoch {numbers['best_epoch']}"
    return f"{score} {how}{_texts_cut(numbers, sum(numbers.get('rows', {}).values()))}"


def _evaluate_headline(numbers: Numbers) -> str:
    name = numbers.get("verdict", "accuracy")  # reports of one label a row did not name it
    interval = numbers["intervals"][name]
    shown = f"{name.replace('_', ' ')} {numbers[name]:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
    return shown + _texts_cut(numbers, numbers.get("rows", 0))


def _texts_cut(numbers: Numbers, rows: int) -> str:
    """How many texts were cut at base.max_tokens, if any were; reports of earlier versions do not tell."""
    counts = numbers.get("texts_cut", {})
    cut = sum(count for side, count in counts.items() if side != "max_tokens")
    return f", {cut:,} of {rows:,} texts cut at {counts['max_tokens']} tokens" if cut else ""


_FILE_STAGES = (
    Stage(
        name="ingest",
        makes="rows",
        sections=("ingest", "problem"),
        outputs=("ingested",),
        timeout_seconds=6 * _HOUR,
        headline=lambda numbers: f"{numbers['rows']:,} rows, {numbers['labels']} labels",
    ),
    Stage(
        name="validate",
        makes="rows",
        sections=("validate", "base", "problem"),
        outputs=("validated", "quarantine", "label_errors", "expectations", "validation_page"),
        timeout_seconds=6 * _HOUR,
        headline=lambda numbers: f"{numbers['rows_out']:,} rows usable, {numbers['quarantined']:,} set aside",
        shared_imports=_MODEL,
    ),
    Stage(
        name="split",
        makes="rows",
        sections=("split", "problem"),
        outputs=("train", "val", "test", "extra_tests"),
        timeout_seconds=6 * _HOUR,
        headline=lambda numbers: " / ".join(f"{numbers['rows'][side]:,} {side}" for side in ("train", "val", "test")),
    ),
    Stage(
        name="augment",
        makes="rows",
        sections=("augment", "base", "problem"),
        outputs=("augmented",),
        timeout_seconds=6 * _HOUR,
        headline=lambda numbers: f"{numbers['rows']['new']:,} rows added to {numbers['rows']['train']:,}",
    ),
    Stage(
        name="finetune",
        makes="model",
        sections=("finetune", "base", "problem"),
        outputs=("model",),
        timeout_seconds=7 * 24 * _HOUR,
        headline=_finetune_headline,
        shared_imports=(*_MODEL, *_TRACKING),
    ),
    Stage(
        name="evaluate",
        makes="evaluation",
        sections=("evaluate", "base", "problem"),
        outputs=("evaluation",),
        timeout_seconds=12 * _HOUR,
        headline=_evaluate_headline,
        shared_imports=(*_MODEL, *_TRACKING),
    ),
)
_REGISTER = Stage(
    name="register",
    makes="version",
    sections=("register", "base"),
    outputs=(),
    timeout_seconds=1 * _HOUR,
    headline=lambda numbers: str(numbers["line"]),
    shared_imports=(*_MODEL, *_TRACKING),
)

STAGES: dict[str, Stage] = {each.name: each for each in _FILE_STAGES}
"""File → file stages, in order, by name: those that DVC knows."""

PUBLISHING = _REGISTER.name
"""The last stage: it changes the registry and not a file, so DVC does not know it."""

ALL_STAGES: dict[str, Stage] = {**STAGES, PUBLISHING: _REGISTER}
"""In order, by name, with the publishing one."""

TRAINING_STAGE = next(each.name for each in _FILE_STAGES if each.makes == "model")

ROWS_STAGE = [each.name for each in _FILE_STAGES if each.makes == "rows"][-1]
"""The last stage before the training: with it, all rows to learn from are made."""

JOB = "job"
"""Not a stage: a training, or another task, of a comparison or a search; see tasks.trials."""

SHARED_IMPORTS: dict[str, tuple[str, ...]] = {
    **{name: each.shared_imports for name, each in ALL_STAGES.items()},
    JOB: (*_MODEL, *_TRACKING),
}
"""What to load before a stage, or a job, is forked (flows.processes.forks)."""


def up_to(until: str) -> list[str]:
    """The stages until and with this one, in order."""
    names = list(ALL_STAGES)
    return names[: names.index(until) + 1]


def headline(stage: str, numbers: Numbers) -> str:
    """What a person looks for first in a stage's report, in words; "" if the report does not hold it."""
    try:
        return ALL_STAGES[stage].headline(numbers)
    except (KeyError, TypeError):
        return ""
