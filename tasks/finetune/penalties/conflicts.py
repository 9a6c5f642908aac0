"""Penalties that do nothing, or not what they say."""

from collections import Counter
from collections.abc import Sequence

from tasks.finetune.penalties import AnyPenalty
from tasks.model.classifier import Classifier


def penalty_conflicts(model: Classifier, penalties: Sequence[AnyPenalty]) -> list[str]:
    """Why these penalties make no sense on this model or beside one another, a sentence each."""
    reasons = [(each.kind, each.why_idle(model)) for each in penalties]
    found = [f"finetune.penalties: {kind} changes nothing: {reason}" for kind, reason in reasons if reason]
    counts = Counter(each.kind for each in penalties)
    found += [f"finetune.penalties: {kind} is there {count} times" for kind, count in counts.items() if count > 1]
    replacing = [each for each in penalties if each.replaces]
    replaced = sum(each.replaces for each in replacing)
    if replaced > 1:
        kinds = ", ".join(each.kind for each in replacing)
        found.append(
            f"finetune.penalties: {kinds} together take the place of {replaced:g} of the loss, so that the texts' own "
            "counts less than nothing"
        )
    return found
