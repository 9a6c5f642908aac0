"""How the model learns."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class FinetuneSettings:
    """Passes, rates and batches."""

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Passes over the train rows."""
    seed: int = 0
