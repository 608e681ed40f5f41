"""The only writer of the session: it restores, adopts, refreshes, saves and ends it, and nobody else does.

One flight: however many ask, one refresh is under way, under the refresh lock of all copies of the app. An epoch number
rises with every change of person, so that an answer which comes too late changes nothing. The session ends by
sign-out or by an answer on the short allow-list (``errors.ENDING_CODES``); everything else keeps it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import assert_never

from .errors import ENDING_CODES, AuthError, ErrorKind, Outcome, Problem, VaultProblem
from .events import AuthChange, AuthEvent
from .models import Session
from .parts import Listener, Parts
from .ports import Absent, Found, Stored, Superseded, Unread
from .reduce import Admitted, Ended, NobodyThere, StoreTrouble
from .revocation import revoke
from .schedule import Schedule
from .state import Health, Reason
from .store import Spawn, Store
from .timing import hard_point

log = logging.getLogger("desktopauth.keeper")

_HARD_WAIT = 10.0  # seconds that access_token() waits for a refresh
_SILENCE = Problem(ErrorKind.OFFLINE, "refresh", Outcome.UNREACHABLE)


class Keeper:
    """The session in memory, and everything that may happen to it."""

    def __init__(self, parts: Parts, listener: Listener, spawn: Spawn) -> None:
        self._gateway, self._locks = parts.gateway, parts.locks
        self._clock, self._server_clock = parts.clock, parts.server_clock
        self._store = Store(parts.vault, parts.tombstones, spawn, self._told_late)
        self._listener, self._spawn = listener, spawn
        self._session: Session | None = None
        self._epoch = 0
        self._flight: asyncio.Task[None] | None = None
        self._schedule = Schedule(parts.clock, parts.server_clock)
        self._stirred = asyncio.Event()

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def expires_at(self) -> float | None:
        """When the access token ends, in seconds since the epoch on this machine's clock."""
        return self._schedule.local(self._session.expires_at) if self._session else None

    async def access_token(self) -> str | None:
        """The live access token; past its hard point the shared refresh is waited for, at most 10 s.

        None when nobody is signed in. Raises AuthError when the token has expired and cannot be refreshed now.
        """
        if self._session and self._schedule.now() >= hard_point(self._session):
            try:
                await asyncio.wait_for(self.refresh(), _HARD_WAIT)
            except (AuthError, TimeoutError) as error:
                if (ends := self.expires_at) is not None and self._clock.now() >= ends:
                    raise error if isinstance(error, AuthError) else AuthError(_SILENCE) from None
        return self._session.access_token if self._session else None

    # ---- restore and adopt

    async def restore(self) -> None:
        """Read the keyring and tell what is there. Never waits for the network."""
        self._epoch = epoch = self._epoch + 1  # the answer to an earlier question does not count any more
        stored, session = await self._store.load(
            on_wait=lambda: self._trouble(VaultProblem.WAITING) if epoch == self._epoch else None
        )
        if epoch == self._epoch:  # else the person went on without, and what was read stays where it is
            self._take(stored, session)

    def go_on_without_saving(self, problem: VaultProblem) -> None:
        """The person does not wait for the keyring: nobody is signed in, and nothing will be written over."""
        self._epoch += 1
        self._nobody(problem)

    def _take(self, stored: Stored, session: Session | None) -> None:
        match stored:
            case Found(generation=generation) if session is not None:
                self._store.generation = generation
                self._hold(session)
                self._listener.happened(self._admitted(AuthEvent.INITIAL_SESSION))
            case Found(text=text):  # signed out, and the keyring was not cleared in time
                self._spawn(self._clear(Session.from_json(text).id))
                self._nobody(None)
            case Absent():
                self._nobody(None)
            case Unread(VaultProblem.UNAVAILABLE as problem):  # there is no keyring that could be unlocked
                self._nobody(problem)
            case Unread(problem):
                self._trouble(problem)
            case _:
                assert_never(stored)

    def _trouble(self, problem: VaultProblem) -> None:
        self._listener.changed(StoreTrouble(problem))
        self._listener.happened()

    def _nobody(self, problem: VaultProblem | None) -> None:
        if problem:
            self._store.leave_alone(problem)
        self._listener.changed(NobodyThere(problem))
        self._listener.happened(AuthChange(AuthEvent.INITIAL_SESSION))

    async def adopt(self, session: Session) -> None:
        """Somebody signed in: save, then tell. Who was there before is signed out first."""
        if self._session and self._session.id != session.id:
            before = self._session
            self._listener.happened(self._end(Reason.REPLACED))
            self._spawn(self._revoke(before))
        self._epoch += 1
        self._flight = None  # the last person's
        self._hold(session, new=True)
        await self._store.save(self._dated(session), new=True)
        if self._session is session:
            self._listener.happened(self._admitted(AuthEvent.SIGNED_IN))
            self._tell_unsaved()

    async def look(self) -> None:
        """Another copy of the app has stored or cleared something: follow it, without asking the server."""
        session, epoch = self._session, self._epoch
        if session is None or (self._flight and not self._flight.done()):
            return  # who refreshes reads it anyway
        stored, theirs = await self._store.load()
        if epoch != self._epoch or isinstance(stored, Unread):
            return
        if isinstance(stored, Found) and theirs and theirs.user.id == session.user.id:
            if self._store.memory_only is None and stored.generation > (self._store.generation or 0):
                self._follow(theirs, stored.generation)  # else what is stored is older than what could not be saved
        else:
            self._listener.happened(self._end(Reason.REPLACED if theirs else Reason.ELSEWHERE))

    def _follow(self, theirs: Session, generation: int) -> None:
        known = self._session and self._session.refresh_token == theirs.refresh_token
        self._store.generation = generation
        if not known:
            self._hold(theirs)
            self._listener.happened(self._admitted(AuthEvent.TOKEN_REFRESHED))

    # ---- refresh

    async def refresh(self) -> None:
        """Refresh now, together with whoever asks at the same time. Raises AuthError, and until its retry again."""
        if self._flight is None or self._flight.done():
            self._schedule.allow()
            self._flight = self._spawn(self._fly())
        await asyncio.shield(self._flight)  # one caller's cancellation is no business of the others

    async def watch(self) -> None:
        """Refresh at every soft point, for as long as the app runs."""
        while True:
            self._stirred.clear()
            await self._clock.wait(self._stirred, self._schedule.pause(self._session))
            self._schedule.wake()
            if self._store.stirred():
                await self.look()
            if self._session and self._schedule.now() >= self._schedule.due(self._session):
                try:
                    await self.refresh()
                except AuthError:
                    continue  # told by the flight, and tried again when its time has come

    def nudge(self) -> None:
        """Something outside has changed: look now, without waiting out a pause that was made for a dead network."""
        self._schedule.hurry()
        self._stirred.set()

    async def _fly(self) -> None:
        session, epoch, saved = self._session, self._epoch, self._store.memory_only is None
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
            if epoch == self._epoch:
                self._listener.happened(self._refused(error.problem))
            raise
        if change:
            self._listener.happened(change)
            if saved and self._session:
                self._tell_unsaved()

    async def _refresh_locked(self, session: Session, epoch: int) -> AuthChange | None:
        """Re-read, ask, save. The re-read comes first: what a sibling has stored is newer than what we hold."""
        if await self._adopt_newer(session, epoch):
            return self._admitted(AuthEvent.TOKEN_REFRESHED)
        if epoch != self._epoch or (held := self._session) is None:  # by now it may be a sibling's that is due as well
            return None
        fresh = await self._gateway.refresh(held.refresh_token)
        if epoch != self._epoch:
            return None  # signed out meanwhile: nobody is brought back
        kept = await self._store.save(self._dated(fresh))
        if epoch != self._epoch:
            return None
        if isinstance(kept, Superseded):  # another copy signed this session out, or somebody else in
            return self._end(Reason.ELSEWHERE)
        self._hold(fresh, new=True)
        return self._admitted(AuthEvent.TOKEN_REFRESHED)

    async def _adopt_newer(self, session: Session, epoch: int) -> bool:
        if self._store.memory_only:
            return False
        stored, theirs = await self._store.load()
        if epoch != self._epoch or not isinstance(stored, Found) or theirs is None or theirs.id != session.id:
            return False
        if stored.generation <= (self._store.generation or 0):
            return False
        self._store.generation = stored.generation
        self._hold(theirs)
        return self._schedule.fresh(theirs)

    def _refused(self, problem: Problem) -> AuthChange:
        if problem.kind is ErrorKind.SESSION_ENDED and self._session:
            session_id = self._session.id
            self._store.lay_tombstone(session_id)
            self._spawn(self._clear(session_id))
            return self._end(Reason(ENDING_CODES[problem.code]), problem.code)
        self._schedule.failed(problem)
        return self._admitted(AuthEvent.REFRESH_FAILED, cause=problem.kind, retry_at=self._schedule.retry_at)

    # ---- end

    def sign_out(self) -> asyncio.Task[None] | None:
        """Here and at once, offline too; the keyring and the server follow in the returned task."""
        session = self._session
        if session is None:
            return None
        self._store.lay_tombstone(session.id)
        self._listener.happened(self._end(Reason.USER))
        return self._spawn(self._clear_and_revoke(session))

    def _end(self, reason: Reason, code: str = "") -> AuthChange:
        self._session = None
        self._epoch += 1
        self._schedule.clear()
        self._store.forget()
        self._listener.changed(Ended(reason, code, self._store.memory_only))
        return AuthChange(AuthEvent.SIGNED_OUT, reason=reason)

    async def _clear_and_revoke(self, session: Session) -> None:
        await self._clear(session.id)
        await self._revoke(session)

    async def _revoke(self, session: Session) -> None:
        await revoke(self._gateway, session, self._schedule.now())

    async def _clear(self, session_id: str) -> None:
        if problem := await self._store.clear(session_id):
            self._listener.happened(AuthChange(AuthEvent.STORAGE_PROBLEM, cause=problem))

    # ---- small things

    def _dated(self, session: Session) -> Session:
        return replace(session, skew=self._server_clock.skew)

    def _hold(self, session: Session, *, new: bool = False) -> None:
        self._session = session
        self._schedule.hold(session, new=new)
        self._stirred.set()

    def _admitted(self, event: AuthEvent, cause: ErrorKind | None = None, retry_at: float | None = None) -> AuthChange:
        if (session := self._session) is None:  # pragma: no cover - a mistake of this module's
            raise RuntimeError("nobody was admitted")
        self._listener.changed(Admitted(session.user, self._health(session)))
        return AuthChange(event, user=session.user, cause=cause, retry_at=retry_at)

    def _told_late(self) -> None:
        """A save that nobody waited for has ended."""
        if self._session:  # pragma: no branch - else the store has forgotten the save
            self._listener.changed(Admitted(self._session.user, self._health(self._session)))
            self._listener.happened()
            self._tell_unsaved()

    def _tell_unsaved(self) -> None:
        if problem := self._store.memory_only:
            self._listener.happened(AuthChange(AuthEvent.STORAGE_PROBLEM, cause=problem))

    def _health(self, session: Session) -> Health:
        return Health(*self._schedule.health(session), self._store.memory_only)
