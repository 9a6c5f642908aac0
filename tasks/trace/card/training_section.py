"""evidence → what the card says of the training and its limits"""

from typing import Any

from tasks.targets import Target
from tasks.trace.card.data_section import dig, target_of
from tasks.trace.card.evidence import Evidence
from tasks.trace.card.markdown import STATEMENT, amount, code, interval, source, table
from tasks.tracking.flatten import flat_params

_TOLD = ("strategy", "epochs", "batch_tokens", "learning_rate", "head_learning_rate", "schedule", "thaw", "loss")
_TOLD_TOO = ("penalties", "post", "weight_decay", "dropout", "patience", "seed", "precision", "calibrate")
_SEEN = ("best_epoch", "steps", "parameters.trainable", "parameters.total", "temperature")
_SEEN_TOO = ("device", "dtype", "threads", "processes")

_RANKED_BY = {"tfidf": " by TF-IDF over the whole texts", "frozen_features": " by the base's frozen features"}


def training(evidence: Evidence) -> list[str]:
    """From which base, with which settings, and what came of them."""
    base = evidence.statement.materials.get("base", {})
    return [
        "## Training",
        "",
        f"The base is {code(base.get('uri', 'unknown'))}, its weights have the sha256 "
        f"{code(base.get('digest', {}).get('sha256', ''))} ({source(STATEMENT, 'resolvedDependencies[base]')}).",
        "",
        *table(("Setting", "Value", "Evidence"), _settings(evidence)),
        *table(("Seen", "Value", "Evidence"), _seen(evidence)),
    ]


def _settings(evidence: Evidence) -> list[tuple[str, str, str]]:
    finetune = evidence.statement.settings.get("finetune", {})
    chosen = {name: finetune[name] for name in (*_TOLD, *_TOLD_TOO) if name in finetune}
    return [
        (code(name), code(value), source(STATEMENT, f"settings.finetune.{name}"))
        for name, value in flat_params(chosen).items()
    ]


def _seen(evidence: Evidence) -> list[tuple[str, str, str]]:
    report = evidence.reports.get("finetune", {})
    found = [(key, dig(report, key)) for key in (*_SEEN, *_SEEN_TOO)]
    return [(code(key), amount(value), source("finetune.json", key)) for key, value in found if value is not None]


def limits(evidence: Evidence) -> list[str]:
    """Where it is weak, and what was seen on the way."""
    errors = evidence.reports.get("validate", {}).get("label_errors", {})
    found, looked = dig(errors, "found"), dig(errors, "looked_at")
    doubt = (
        [
            f"- {found} of {looked} labels are likely wrong{_RANKED_BY.get(dig(errors, 'ranked_by'), '')} "
            f"({source('validate.json', 'label_errors.found')})",
            "",
        ]
        if found is not None
        else []
    )
    target = target_of(evidence)
    return [
        "## Limits",
        "",
        f"{_knows(target)}Its numbers hold for texts like the test rows. Slices, the weakest first:",
        "",
        *table(
            (
                "Slice",
                "Rows",
                target.row_score.capitalize(),
                "Against all other rows",
                "Interval",
                "Evidence",
            ),
            _slices(evidence),
        ),
        "Alarms of the training:",
        "",
        *(_alarms(evidence) or ["- none"]),
        "",
        "Rows that the checks set aside, and what they found:",
        "",
        *table(("Reason", "Rows", "Evidence"), _reasons(evidence)),
        *doubt,
    ]


def _knows(target: Target) -> str:
    if not target.has_classes:
        return ""
    only = ": it gives each text one of them" if target.has_one_class else ""
    return f"It knows no other labels than those above{only}. "


def _slices(evidence: Evidence) -> list[tuple[str, ...]]:
    slices: dict[str, Any] = dict(evidence.reports.get("evaluate", {}).get("slices", {}))
    ranked = sorted(slices.items(), key=lambda each: (dig(each[1], "difference.value") or 0.0, each[0]))
    return [
        (
            code(name),
            amount(each.get("rows")),
            amount(dig(each, "score.value" if "score" in each else "accuracy.value")),  # accuracy: of older reports
            amount(dig(each, "difference.value")),
            interval(each.get("difference") or {}),
            source("evaluate.json", f"slices.{name}"),
        )
        for name, each in ranked
    ]


def _alarms(evidence: Evidence) -> list[str]:
    alarms = evidence.reports.get("finetune", {}).get("alarms", [])
    return [
        f"- {code(each.get('name'))} in epoch {amount(each.get('epoch'))}: {code(each.get('message'), 400)} "
        f"({source('finetune.json', f'alarms[{number}]')})"
        for number, each in enumerate(alarms)
    ]


def _reasons(evidence: Evidence) -> list[tuple[str, ...]]:
    reasons = evidence.reports.get("validate", {}).get("reasons", {})
    return [
        (code(name), amount(count), source("validate.json", f"reasons.{name}"))
        for name, count in sorted(reasons.items())
    ]
