"""Protections of the product, taken away one at a time and from outside, to show that the simulation would notice.

Each replaces a method of the product for as long as the block lasts. ``COLUMN`` names what must get worse by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch

from desktopauth.adapters.statefile import StateFile
from desktopauth.core import schedule, timing
from desktopauth.core.errors import ErrorKind, Outcome, Problem
from desktopauth.core.keeper import Keeper
from desktopauth.core.models import Session
from desktopauth.core.ports import Kept, Saved
from desktopauth.core.refreshing import Refreshing
from desktopauth.core.store import Store
from tests.simulation.kernel import KernelLocks

#: What each of them is there for, as a column.
COLUMN = {
    "single_flight": "crowded_refreshes",
    "refresh_lock": "overlapping_refreshes",
    "reread": "needless_refreshes",
    "allow_list": "lost_sessions",
    "same_token_retry": "waits_after_lost_answers",
    "epoch": "resurrections",
    "tombstone": "resurrections",
    "save_before_emit": "told_before_saved",
    "soft_cap": "refreshes_per_short_hour",
}


@contextmanager
def broken(name: str | None) -> Iterator[None]:
    """The product without one of its protections."""
    with ExitStack() as stack:
        for target, attribute, value in _BREAKS[name]() if name else ():
            stack.enter_context(patch.object(target, attribute, value))
        yield


Patches = Iterator[tuple[Any, str, Any]]


def _single_flight() -> Patches:
    """Everybody who asks starts a refresh of their own."""

    async def refresh(self: Refreshing) -> None:
        self._schedule.allow()
        self._flight = self._spawn(self._fly())
        await asyncio.shield(self._flight)

    yield Refreshing, "refresh", refresh


def _refresh_lock() -> Patches:
    """Copies of the app do not wait for each other."""

    @asynccontextmanager
    async def free(self: KernelLocks) -> AsyncIterator[None]:
        yield

    yield KernelLocks, "refresh", free


def _reread() -> Patches:
    """What a sibling has stored is not looked at before asking."""

    async def nothing(self: Refreshing, session: Session, epoch: int, **_: Any) -> bool:
        return False

    yield Refreshing, "_adopt_newer", nothing


def _allow_list() -> Patches:
    """Any refusal of a refresh ends the session, as in clients that go by the status."""
    refused = Refreshing._refused

    def end(self: Refreshing, problem: Problem) -> Any:
        if problem.outcome is Outcome.REFUSED and problem.kind is not ErrorKind.SESSION_ENDED:
            problem = Problem(
                ErrorKind.SESSION_ENDED, problem.call, problem.outcome, problem.status, "session_not_found"
            )
        return refused(self, problem)

    yield Refreshing, "_refused", end


def _same_token_retry() -> Patches:
    """A lost answer is a failure like any other."""

    async def ask(self: Refreshing, refresh_token: str, epoch: int) -> Session:
        return await self._gateway.refresh(refresh_token)

    yield Refreshing, "_ask", ask


def _epoch() -> Patches:
    """Late answers count."""
    yield Keeper, "epoch", property(lambda self: 0)


def _tombstone() -> Patches:
    """A sign-out is not marked on disk."""
    yield StateFile, "lay", lambda self, session_id: None
    yield StateFile, "covers", lambda self, session_id: False


def _save_before_emit() -> Patches:
    """What was brought home is told while it is being saved."""
    save = Store.save

    async def later(self: Store, session: Session, **given: Any) -> Kept:
        self._spawn(save(self, session, **given))
        await asyncio.sleep(0)
        return Saved(self.generation or 0)

    yield Store, "save", later


def _soft_cap() -> Patches:
    """The soft point keeps a minute's distance, however short the token lives."""

    def soft_point(session: Session, jitter: float) -> float:
        life = session.expires_in
        return session.expires_at - max(60.0, 0.2 * life) - 0.05 * life * jitter

    for module in (schedule, timing):
        yield module, "soft_point", soft_point


_BREAKS: dict[str, Callable[[], Patches]] = {
    "single_flight": _single_flight,
    "refresh_lock": _refresh_lock,
    "reread": _reread,
    "allow_list": _allow_list,
    "same_token_retry": _same_token_retry,
    "epoch": _epoch,
    "tombstone": _tombstone,
    "save_before_emit": _save_before_emit,
    "soft_cap": _soft_cap,
}
NAMES = tuple(_BREAKS)
