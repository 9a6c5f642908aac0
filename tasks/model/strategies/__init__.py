"""Which weights learn. To add a strategy: write its file, then name it in AnyStrategy."""

from typing import Annotated

from pydantic import Field

from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial

AnyStrategy = Annotated[FeatureExtraction | Partial | Full | Lora, Field(discriminator="kind")]
