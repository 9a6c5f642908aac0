"""A connection that has to say what it wants within a few seconds, or makes room for others"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
CLOSE = [("Connection", "close")]
"""Header of every answer: one connection is one request, so that the time for its headers runs once."""


class PromptConnection(H11Protocol):
    """Closed if its request's headers have not come in time: uvicorn itself would wait for them for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()
