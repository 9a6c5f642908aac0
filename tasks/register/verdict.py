"""outcomes → the verdict as a person and a page read it"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from tasks.register.description import shown
from tasks.register.evidence import Evidence, best_baseline
from tasks.register.gate import is_passed
from tasks.register.paired import Difference
from tasks.register.rules import Outcome, against_champion
from tasks.register.settings import RegisterSettings


def verdict_line(
    outcomes: list[Outcome],
    metrics: Mapping[str, Mapping[str, float | None]],
    evidence: Evidence,
    champion: Mapping[str, Any] | None,
) -> str:
    """One line of plain text: PASS or FAIL, the verdict metric with its interval, the gains, and what failed."""
    title, measured = evidence.target.metrics[evidence.target.verdict], metrics[evidence.target.verdict]
    facts = [f"{title} {shown(measured['value'], 3)} [{shown(measured['low'], 3)}, {shown(measured['high'], 3)}]"]
    best = best_baseline(evidence)
    if best is not None:
        facts.append(_against_baseline(best, evidence.baselines[best]))
    if champion is not None:
        facts.append(f"{champion['difference']['value']:+.3f} over champion v{champion['version']}")
    failed = "; ".join(f"{each.name}: {each.why}" for each in outcomes if each.passed is False)
    switched_off = [each.name for each in outcomes if each.passed is None and each.limit is None]
    rules_off = f" (off: {', '.join(switched_off)})" if switched_off else ""
    return (
        ("PASS " if is_passed(outcomes) else "FAIL ")
        + ", ".join(facts)
        + rules_off
        + (f" – {failed}" if failed else "")
    )


def _against_baseline(name: str, difference: Difference) -> str:
    """The gain over a baseline; with a warning unless the whole interval is above 0."""
    if difference.low > 0:
        return f"{difference.value:+.3f} over the best baseline ({name})"
    return f"{difference.value:+.3f} against the best baseline: not shown to be better than {name}"


def champion_facts(
    version: int, model_digest: str, evidence: Evidence, register: RegisterSettings
) -> dict[str, Any] | None:
    """The champion's verdict metric on this test set and the model's gain over it; None if it was not re-scored."""
    if evidence.champion is None:
        return None
    target, champion = evidence.target, evidence.champion
    value = float(champion.statistics(np.ones((1, len(champion.scores))))[target.verdict][0])
    return {
        "version": version,
        "model_digest": model_digest,
        target.verdict: value,
        "difference": asdict(against_champion(target, evidence.model, champion, register)),
    }
