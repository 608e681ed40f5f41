"""What happened, told to whoever listens: supabase-js' event names, with a replay for those who come late.

Delivery is in order for everybody, even when a subscriber causes the next event; one that throws disturbs no other.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .errors import ErrorKind, VaultProblem
from .models import User
from .state import AuthState, Reason, user_of

log = logging.getLogger("desktopauth.events")
T = TypeVar("T")


class AuthEvent(StrEnum):
    """The first six are supabase-js' own; the others are ours."""

    INITIAL_SESSION = "INITIAL_SESSION"
    SIGNED_IN = "SIGNED_IN"
    SIGNED_OUT = "SIGNED_OUT"
    TOKEN_REFRESHED = "TOKEN_REFRESHED"  # noqa: S105 - a name, not a token
    USER_UPDATED = "USER_UPDATED"
    PASSWORD_RECOVERY = "PASSWORD_RECOVERY"  # noqa: S105 - a name; the code was right, SIGNED_IN follows
    REFRESH_FAILED = "REFRESH_FAILED"
    REAUTH_REQUIRED = "REAUTH_REQUIRED"  # the session ended while working; SIGNED_OUT only when they give up
    STORAGE_PROBLEM = "STORAGE_PROBLEM"


@dataclass(frozen=True, slots=True)
class AuthChange:
    """One event. ``seq`` rises; ``retry_at`` is in seconds since the epoch. No token is ever in it."""

    event: AuthEvent
    seq: int = 0
    user: User | None = None
    reason: Reason | None = None  # of SIGNED_OUT and REAUTH_REQUIRED
    cause: ErrorKind | VaultProblem | None = None  # of REFRESH_FAILED and STORAGE_PROBLEM
    retry_at: float | None = None  # of REFRESH_FAILED


@dataclass(frozen=True, slots=True)
class Transition:
    """A step of the state, and the event that goes with it, if one does."""

    before: AuthState
    after: AuthState
    change: AuthChange | None = None

    @property
    def user_changed(self) -> bool:
        return user_of(self.before) != user_of(self.after)


class Subscription:
    """Hold it as long as you like; ``close()`` (or leaving its ``with``) ends it, any number of times."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    def close(self) -> None:
        self._end()

    unsubscribe = close  # as supabase's clients call it

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EventBus:
    """Hands transitions to watchers, and the events in them to subscribers."""

    def __init__(self) -> None:
        self._watchers: dict[object, Callable[[Transition], None]] = {}
        self._subscribers: dict[object, Callable[[AuthChange], None]] = {}
        self._queue: deque[Callable[[], None]] = deque()
        self._delivering = False
        self._settled = False
        self._user: User | None = None
        self._seq = 0

    def watch(self, callback: Callable[[Transition], None]) -> Subscription:
        """Hear of every step of the state from now on."""
        key = object()
        self._watchers[key] = callback
        return Subscription(lambda: self._watchers.pop(key, None) and None)

    def subscribe(self, callback: Callable[[AuthChange], None]) -> Subscription:
        """Hear of every event: first, exactly once, INITIAL_SESSION - now, if the session is known already."""
        key = object()
        ended: list[bool] = []

        def begin() -> None:
            if ended:
                return
            self._subscribers[key] = callback
            if self._settled:
                self._tell(callback, AuthChange(AuthEvent.INITIAL_SESSION, self._next(), self._user))

        def end() -> None:
            ended.append(True)
            self._subscribers.pop(key, None)

        # queued, so that who subscribes during a delivery hears the replay after it and not that event a second time
        self._deliver(begin)
        return Subscription(end)

    def publish(self, transition: Transition) -> None:
        self._deliver(lambda: self._publish(transition))

    def _publish(self, transition: Transition) -> None:
        change = transition.change
        if change:
            change = AuthChange(change.event, self._next(), change.user, change.reason, change.cause, change.retry_at)
            transition = Transition(transition.before, transition.after, change)
            self._settled = self._settled or change.event is AuthEvent.INITIAL_SESSION
        self._user = user_of(transition.after)
        for key, watcher in list(self._watchers.items()):
            if key in self._watchers:  # not closed by an earlier one
                self._tell(watcher, transition)
        if change:
            for key, subscriber in list(self._subscribers.items()):
                if key in self._subscribers:  # not closed by an earlier one
                    self._tell(subscriber, change)

    def _deliver(self, job: Callable[[], None]) -> None:
        self._queue.append(job)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queue:
                self._queue.popleft()()
        finally:
            self._delivering = False

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    @staticmethod
    def _tell(callback: Callable[[T], None], value: T) -> None:
        try:
            callback(value)
        except Exception as error:  # noqa: BLE001 - a stranger's code: its fault must reach nobody else
            log.error("a subscriber raised %s", type(error).__name__)
