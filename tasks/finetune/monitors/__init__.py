"""Who looks on while a model learns; one file each. A new one is a file and a line here."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from tasks.finetune.monitors.attention import Attention
from tasks.finetune.monitors.convergence import Convergence
from tasks.finetune.monitors.forgetting import Forgetting
from tasks.finetune.monitors.gradient_flow import GradientFlow
from tasks.finetune.monitors.label_noise import LabelNoise
from tasks.finetune.monitors.representation_drift import RepresentationDrift

AnyMonitor = Annotated[
    Convergence | LabelNoise | GradientFlow | Attention | RepresentationDrift | Forgetting,
    Field(discriminator="kind"),
]
M = TypeVar("M", bound=Sequence[AnyMonitor])


def each_once(monitors: M) -> M:
    """The same; raises ValueError if a kind is there twice, since numbers and notes go by kind."""
    twice = [kind for kind, count in Counter(each.kind for each in monitors).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is there more than once")
    return monitors


Monitors = Annotated[tuple[AnyMonitor, ...], AfterValidator(each_once)]
