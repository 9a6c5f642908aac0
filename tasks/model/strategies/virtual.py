"""What strategies that put virtual tokens before a text share."""

from typing import Any, ClassVar

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Virtual(Strategy):
    """Only the virtual tokens learn; they take positions of the base."""

    is_seen_from_the_start: ClassVar[bool] = True

    def check(self, encoder: Any, longest: int) -> None:
        from tasks.model.virtual_tokens import check_room

        check_room(encoder, longest)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".virtual_tokens." in name
