"""How a refresh goes: one flight for all who ask, under the lock of all copies of the app, and what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from .errors import ENDING_CODES, AuthError, ErrorKind, Outcome, Problem, VaultProblem
from .events import AuthChange, AuthEvent
from .models import Session
from .parts import Parts
from .ports import Found, Spawn, Superseded, Unread
from .state import Reason
from .store import SLOW

if TYPE_CHECKING:
    from .keeper import Keeper

log = logging.getLogger("desktopauth.refreshing")

_TURNS = 10  # how often a keyring that is at work gets as long as a slow one


class Refreshing:
    """The flight that is under way. What it brings home is the keeper's to hold."""

    def __init__(self, keeper: Keeper, parts: Parts, spawn: Spawn) -> None:
        self._keeper, self._gateway, self._locks, self._spawn = keeper, parts.gateway, parts.locks, spawn
        self._schedule, self._store, self._telling = keeper.schedule, keeper.store, keeper.telling
        self._flight: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> bool:
        return self._flight is not None and not self._flight.done()

    def forget(self) -> None:
        """What is under way is somebody else's."""
        self._flight = None

    async def refresh(self) -> None:
        """Refresh now, together with whoever asks at the same time. Raises AuthError, and until its retry again."""
        if self._flight is None or self._flight.done():
            self._schedule.allow()
            self._flight = self._spawn(self._fly())
        await asyncio.shield(self._flight)  # one caller's cancellation is no business of the others

    async def then(self, work: Callable[[], Awaitable[AuthChange | None]]) -> AuthChange | None:
        """``work``, once what is under way has come to an end, whichever."""
        if self._flight:  # pragma: no branch - it may be somebody else's by now
            await asyncio.wait({self._flight})
        return await work()

    async def _fly(self) -> None:
        session, epoch, saved = self._keeper.session, self._keeper.epoch, self._store.memory_only is None
        if session is None:
            return
        try:
            async with AsyncExitStack() as held:
                try:
                    await held.enter_async_context(self._locks.refresh())
                except OSError as error:  # a disk without locks must not end a session
                    log.warning("refreshing without the lock: %s", type(error).__name__)
                change = await self._refresh_locked(session, epoch)
        except AuthError as error:
            if epoch == self._keeper.epoch:
                self._telling.say(self._refused(error.problem))
            raise
        if change:
            self._telling.say(change)
            if saved and self._keeper.session:
                self._telling.unsaved()

    async def _refresh_locked(self, session: Session, epoch: int) -> AuthChange | None:
        """Re-read, ask, save. The re-read comes first: what a sibling has stored is newer than what we hold."""
        if change := await self._catch_up(session, epoch):
            return change
        held = self._keeper.session if epoch == self._keeper.epoch else None
        return await self._spend(held, epoch) if held else None  # by now it may be a sibling's that is due as well

    async def _catch_up(self, session: Session, epoch: int) -> AuthChange | None:
        """Take what a sibling has stored; else store what could not be saved, before another rotation comes on top."""
        if await self._adopt_newer(session, epoch) and (newer := self._keeper.session):
            return self._telling.admitted(newer, AuthEvent.TOKEN_REFRESHED)
        ours = self._keeper.session if self._store.lags else None
        change = await self._save_first(ours) if ours else None
        if ours and change is None and self._store.memory_only and self._store.stirred():
            raise _silent()  # while we waited, a sibling was served
        return change

    async def _save_first(self, ours: Session) -> AuthChange | None:
        """A prompt is waited for a minute. A keyring at work gets ten: killed in the second save, both were lost."""
        for _ in range(_TURNS):
            if change := await self._keeper.save_now(ours, quiet=False, patience=SLOW):
                return change
            if self._keeper.session is not ours or not self._store.at_work:
                break
        return None

    async def _spend(self, held: Session, epoch: int) -> AuthChange | None:
        """Ask with this token, and keep what comes."""
        refused_once = self._store.lags
        try:
            fresh = await self._ask(held.refresh_token, epoch)
        except AuthError as error:
            if error.kind is ErrorKind.SESSION_ENDED and (change := await self._survived(held, epoch)):
                return change
            raise
        if epoch != self._keeper.epoch:
            return None  # signed out meanwhile: nobody is brought back
        return await self._keep(fresh, epoch, quiet=refused_once)

    async def _keep(self, fresh: Session, epoch: int, *, quiet: bool) -> AuthChange | None:
        kept = await self._store.save(self._keeper.dated(fresh), quiet=quiet)
        if epoch != self._keeper.epoch:
            return None
        self._keeper.hold(fresh, new=True)
        change = await self._keeper.outdone(fresh) if isinstance(kept, Superseded) else None
        if change or epoch != self._keeper.epoch:
            return change
        return self._telling.admitted(fresh, AuthEvent.TOKEN_REFRESHED)

    async def _survived(self, session: Session, epoch: int) -> AuthChange | None:
        """An end is not believed while a newer session of the same person lies in the keyring."""
        if epoch != self._keeper.epoch or not await self._adopt_newer(session, epoch, of_user=True):
            return None
        newer = self._keeper.session
        return self._telling.admitted(newer, AuthEvent.TOKEN_REFRESHED) if newer else None

    async def _ask(self, refresh_token: str, epoch: int) -> Session:
        """A lost answer is asked for again at once: the server forgives one step back (supabase/auth, token reuse)."""
        try:
            return await self._gateway.refresh(refresh_token)
        except AuthError as error:
            if error.problem.outcome is not Outcome.LOST or epoch != self._keeper.epoch:
                raise
        return await self._gateway.refresh(refresh_token)

    async def _adopt_newer(self, session: Session, epoch: int, *, of_user: bool = False) -> bool:
        """Take over what a sibling has stored of this session or person, if it is newer; whether it is fresh."""
        if self._store.hands_off:
            return False
        # a prompt is worth it only if there is news behind it: to spend an older token could end the session
        stirred = self._store.stirred()
        quiet = self._store.memory_only is not None or not stirred
        stored, theirs = await self._store.load(quiet=quiet, patience=SLOW if stirred else None)
        if epoch != self._keeper.epoch or not isinstance(stored, Found) or theirs is None:
            # however late it is: an old token would cost all copies theirs. What no waiting makes readable is another's
            if stirred and isinstance(stored, Unread) and stored.problem is not VaultProblem.CORRUPT:
                raise _silent()
            return False
        same = theirs.user.id == session.user.id if of_user else theirs.id == session.id
        if not same or not self._store.outdates(stored, theirs, session):
            return False
        self._store.agree(stored.generation)
        self._keeper.hold(theirs)
        return of_user or self._schedule.fresh(theirs)

    def _refused(self, problem: Problem) -> AuthChange:
        if (session := self._keeper.session) is None:  # pragma: no cover - the epoch would have changed
            raise RuntimeError("a refresh of nobody was refused")
        if problem.kind is ErrorKind.SESSION_ENDED:
            self._store.lay_tombstone(session.id)
            self._spawn(self._keeper.clear(session.id))
            return self._keeper.end(Reason(ENDING_CODES[problem.code]), problem.code)
        self._schedule.failed(problem)
        return self._telling.failed(session, problem.kind, self._schedule.retry_at)


def _silent() -> AuthError:
    """A sibling has stored something newer, which the keyring does not give: ours may be an old token."""
    return AuthError(Problem(ErrorKind.KEYRING_SILENT, "refresh", Outcome.MISUSE))
