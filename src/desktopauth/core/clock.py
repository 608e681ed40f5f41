"""The real clock. Wall time, because monotonic time stands still while a laptop sleeps and tokens do not."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class SystemClock:
    """The core's ``Clock`` on the machine's own."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Until ``event`` is set or ``seconds`` have passed; None waits for the event alone."""
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
