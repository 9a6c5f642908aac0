"""What is added to the train rows."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class AugmentSettings:
    """Off by default."""

    copies: Annotated[int, Field(ge=0, le=20)] = 0
    """New rows for each train row; 0 is off."""
    seed: int = 0
    """Draws the changes."""
