"""When to refresh, as pure arithmetic on the server's clock, so that a wrong clock here neither storms nor starves."""

from __future__ import annotations

import random
from collections import deque
from statistics import median

from .errors import NO_ANSWER, ErrorKind, Problem
from .models import Session
from .state import Connection, TokenHealth

_DAY = 86_400.0
_LONGEST_PAUSE = 3_600.0  # seconds: who asks for more would lose the session by it
_NOTICEABLE = 300.0  # seconds
_SLOWEST = 10.0  # seconds: the Date of a slower answer says too little about now


def soft_point(session: Session, jitter: float) -> float:
    """Server time from which a refresh happens behind the scenes; ``jitter`` in [0, 1] spreads it over 5 %."""
    life = session.expires_in
    return session.expires_at - min(max(60.0, 0.2 * life), 0.5 * life) - 0.05 * life * jitter


def hard_point(session: Session) -> float:
    """Server time from which the access token is not handed out without a refresh."""
    life = session.expires_in
    return session.expires_at - (30.0 if life >= 300 else 0.1 * life)


def token_health(session: Session, now: float, jitter: float) -> TokenHealth:
    """How good the access token is at server time ``now``."""
    if now >= session.expires_at:
        return TokenHealth.EXPIRED
    return TokenHealth.STALE if now >= soft_point(session, jitter) else TokenHealth.FRESH


def clock_is_off(skew: float) -> bool:
    """Whether this machine's clock is so far from the server's that certificates and other programs may suffer."""
    return abs(skew) > _NOTICEABLE


def connection_after(problem: Problem | None) -> Connection:
    """How a refresh that ended in ``problem`` has found the server."""
    if problem is None or problem.kind is ErrorKind.KEYRING_SILENT:
        return Connection.ONLINE
    return Connection.OFFLINE if problem.outcome in NO_ANSWER else Connection.DEGRADED


class ServerClock:
    """How far the server's clock is ahead of ours: the median of the last five ``Date`` headers, at most a day."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=5)
        self.skew = 0.0

    def start(self, skew: float) -> None:
        """Begin with what was saved with the session, until an answer says better."""
        if not self._seen:
            self.skew = max(-_DAY, min(_DAY, skew))

    def doubt(self) -> None:
        """This machine's clock may have been set: the next answer alone decides."""
        self._seen.clear()

    def observe(self, server_time: float, local_time: float, took: float) -> None:
        """Learn from one answer: its ``Date`` (RFC 9110 §6.6.1), our clock on arrival, and the seconds that it took."""
        if took < _SLOWEST:
            # the header is cut to whole seconds and was written about half the trip ago
            self._seen.append(server_time + 0.5 + took / 2 - local_time)
            self.skew = max(-_DAY, min(_DAY, median(self._seen)))


class Backoff:
    """When to try again after a failure: full jitter from one second on, doubling, a minute at most, without end."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.retry_at = 0.0  # seconds since the epoch, on this machine's clock
        self._failures = 0

    def clear(self) -> None:
        self.problem, self.retry_at, self._failures = None, 0.0, 0

    def failed(self, problem: Problem, now: float) -> None:
        """Note one more failure. The server's own seconds win over ours."""
        pause = min(problem.retry_after or 0.0, _LONGEST_PAUSE)
        if pause <= 0 and problem.kind is ErrorKind.RATE_LIMITED:
            pause = 60.0  # its own limits count by the minute
        if pause <= 0:  # "at once" from a server in trouble would be a storm
            pause = random.uniform(0.1, 1.0) * min(60.0, 2.0 ** min(self._failures, 6))  # noqa: S311 - only spreads load
        self._failures += 1
        self.problem, self.retry_at = problem, now + pause

    def hurry(self) -> None:
        """The way may be free again: try now. What the server itself asked for is still waited out."""
        portal = self.problem is not None and self.problem.kind is ErrorKind.CAPTIVE_PORTAL
        if portal or (self.problem and self.problem.outcome in NO_ANSWER):
            self.retry_at = 0.0

    def holds(self, now: float) -> bool:
        return self.problem is not None and now < self.retry_at
