"""When a model may become a version, and under which name."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class RegisterSettings:
    """The registered model and its gate."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = "support-intents"
    """Name of the registered model."""
