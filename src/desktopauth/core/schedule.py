"""When the session in memory is due for a refresh: its soft point, pushed back by failures, brought near by nudges."""

from __future__ import annotations

import random

from .errors import AuthError, Problem, VaultProblem
from .models import Session
from .ports import Clock
from .state import Health
from .timing import Backoff, ServerClock, clock_is_off, connection_after, hard_point, soft_point, token_health

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
        if not new:
            self._server_clock.start(session.skew)

    def clear(self) -> None:
        self._backoff.clear()

    def fresh(self, session: Session) -> bool:
        return self.now() < soft_point(session, self._jitter)

    def due(self, session: Session, *, late: bool = False) -> float:
        """When to refresh: at the soft point, or when what failed may be tried again.

        ``late``: the last refresh is not saved yet, and a second one on top is put off for as long as it can be.
        """
        earliest = max(self._backoff.retry_at, self._rested_at) + self._server_clock.skew
        if self._backoff.problem and not late:
            return earliest
        return max(hard_point(session) if late else soft_point(session, self._jitter), earliest)

    def pause(self, session: Session | None, *, late: bool = False) -> float:
        """How long to sleep at most."""
        self._apart = self._clock.now() - self._clock.monotonic()
        return min(_TICK, max(0.0, self.due(session, late=late) - self.now())) if session else _TICK

    def woke(self) -> bool:
        """Whether the machine slept, or its clock was set, since the pause began. Then the server's is asked anew."""
        woke = abs(self._clock.now() - self._clock.monotonic() - self._apart) > _JUMP
        if woke:
            self._server_clock.doubt()
        return woke

    def hurry(self) -> None:
        """The way may be free again."""
        self._backoff.hurry()

    def failed(self, problem: Problem) -> None:
        self._backoff.failed(problem, self._clock.now())

    def allow(self) -> None:
        """Raises the last failure as AuthError while its pause lasts: many callers cost one request."""
        if self._backoff.problem and self._backoff.holds(self._clock.now()):
            raise AuthError(self._backoff.problem)

    def health(self, session: Session, memory_only: VaultProblem | None) -> Health:
        problem = self._backoff.problem
        return Health(
            token_health(session, self.now(), self._jitter),
            connection_after(problem),
            memory_only,
            problem.kind if problem else None,
            clock_is_off(self._server_clock.skew),
        )
