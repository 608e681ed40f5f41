"""When the session in memory is due for a refresh: its soft point, pushed back by failures, brought near by nudges."""

from __future__ import annotations

import random

from .errors import AuthError, Problem
from .models import Session
from .ports import Clock
from .state import Connection, TokenHealth
from .timing import Backoff, ServerClock, connection_after, soft_point, token_health

_TICK = 30.0  # seconds: the longest sleep, so that a wake from suspend or a changed clock is seen soon
_JUMP = 5.0  # seconds by which wall and monotonic time may part without meaning anything


class Schedule:
    """Times are in seconds: ``now`` and ``due`` on the server's clock, what is told to others on this machine's."""

    def __init__(self, clock: Clock, server_clock: ServerClock) -> None:
        self._clock, self._server_clock = clock, server_clock
        self._backoff = Backoff()
        self._jitter = 0.0
        self._rested_at = 0.0
        self._apart = 0.0

    def now(self) -> float:
        return self._clock.now() + self._server_clock.skew

    def local(self, server_time: float) -> float:
        """The same moment on this machine's clock."""
        return server_time - self._server_clock.skew

    @property
    def retry_at(self) -> float:
        return self._backoff.retry_at

    def hold(self, session: Session, *, new: bool) -> None:
        """This session is in memory from now on; ``new``: the server has just made it."""
        self._backoff.clear()
        # a token just made is not refreshed again at once, whatever a lying clock says: that would be a storm
        self._rested_at = self._clock.now() + min(_TICK, session.expires_in / 4) if new else 0.0
        self._jitter = random.random()  # noqa: S311 - spreads refreshes, guards nothing
        self._server_clock.start(session.skew)

    def clear(self) -> None:
        self._backoff.clear()

    def fresh(self, session: Session) -> bool:
        return self.now() < soft_point(session, self._jitter)

    def due(self, session: Session) -> float:
        earliest = max(self._backoff.retry_at, self._rested_at) + self._server_clock.skew
        return max(soft_point(session, self._jitter), earliest)

    def pause(self, session: Session | None) -> float | None:
        """How long to sleep; None until somebody is there."""
        self._apart = self._clock.now() - self._clock.monotonic()
        return min(_TICK, max(0.0, self.due(session) - self.now())) if session else None

    def wake(self) -> None:
        """After a sleep: if the machine slept too, or its clock was set, no pause from before counts any more."""
        if abs(self._clock.now() - self._clock.monotonic() - self._apart) > _JUMP:
            self._backoff.hurry()

    def hurry(self) -> None:
        """The way may be free again."""
        self._backoff.hurry()

    def failed(self, problem: Problem) -> None:
        self._backoff.failed(problem, self._clock.now())

    def allow(self) -> None:
        """Raises the last failure as AuthError while its pause lasts: many callers cost one request."""
        if self._backoff.problem and self._backoff.holds(self._clock.now()):
            raise AuthError(self._backoff.problem)

    def health(self, session: Session) -> tuple[TokenHealth, Connection]:
        return token_health(session, self.now(), self._jitter), connection_after(self._backoff.problem)
