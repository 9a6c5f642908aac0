"""Which weights learn. To add a strategy: write its file, then name it in AnyStrategy."""

from typing import Annotated

from pydantic import Field

from tasks.model.strategies.adalora import AdaLora
from tasks.model.strategies.adapter import Adapter
from tasks.model.strategies.bitfit import BitFit
from tasks.model.strategies.dora import Dora
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.ia3 import Ia3
from tasks.model.strategies.ln_tuning import LnTuning
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.p_tuning import PTuning
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prefix import Prefix
from tasks.model.strategies.prompt import Prompt
from tasks.model.strategies.reft import Reft
from tasks.model.strategies.vera import Vera

AnyStrategy = Annotated[
    FeatureExtraction
    | Partial
    | Full
    | Lora
    | Dora
    | AdaLora
    | Vera
    | Ia3
    | LnTuning
    | BitFit
    | Adapter
    | Reft
    | Prompt
    | PTuning
    | Prefix,
    Field(discriminator="kind"),
]
