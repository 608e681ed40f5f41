"""The double's clock: this machine's time plus what a test has added, so that nothing has to be waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, as the server sees them; ``base`` may be a time that does not run by itself."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self.ahead = 0.0  # seconds

    def now(self) -> float:
        return self._base() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


def stamp(at: float | None) -> str | None:
    """A moment as the server writes it into JSON."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
