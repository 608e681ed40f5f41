"""The only writer of the session: it restores, adopts, refreshes, saves and ends it, and nobody else does.

An epoch number rises with every change of person, so that an answer which comes too late changes nothing. The session
ends by sign-out or by an answer on the short allow-list (``errors.ENDING_CODES``); everything else keeps it. How a
refresh goes is in ``refreshing``, when to look for what has changed in ``watching``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import assert_never

from .errors import AuthError, ErrorKind, Outcome, Problem, VaultProblem
from .events import AuthChange, AuthEvent
from .models import Session, User
from .parts import Listener, Parts
from .ports import Absent, Found, Saved, Scope, Spawn, Stored, Superseded, Unread
from .refreshing import Refreshing
from .revocation import Revocations, SignOut
from .schedule import Schedule
from .state import Reason
from .store import SLOW, Store
from .telling import Telling
from .timing import hard_point

_HARD_WAIT = 10.0  # seconds that access_token() waits for a refresh
_SILENCE = Problem(ErrorKind.OFFLINE, "refresh", Outcome.UNREACHABLE)


class Keeper:
    """The session in memory, and everything that may happen to it."""

    def __init__(self, parts: Parts, listener: Listener, spawn: Spawn) -> None:
        self._clock, self._server_clock, self._spawn = parts.clock, parts.server_clock, spawn
        self.schedule = Schedule(parts.clock, parts.server_clock)
        self.store = Store(parts.vault, parts.tombstones, spawn, self._told_late)
        self.telling = Telling(listener, self.schedule, self.store)
        self.revocations = Revocations(parts, spawn)
        self.stirred = asyncio.Event()  # somebody may want to look
        self._refreshing = Refreshing(self, parts, spawn)
        self._session: Session | None = None
        self._cut_off: User | None = None
        self._epoch = 0

    @property
    def epoch(self) -> int:
        """Rises with every change of person."""
        return self._epoch

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def cut_off(self) -> User | None:
        """Whose session ended while they were at work, and who is asked in again."""
        return self._cut_off

    @property
    def expires_at(self) -> float | None:
        """When the access token ends, in seconds since the epoch on this machine's clock."""
        return self.schedule.local(self._session.expires_at) if self._session else None

    async def access_token(self, min_validity: float = 0.0) -> str | None:
        """The live access token; the shared refresh is waited for, at most 10 s, if it is past its hard point.

        So it is if the token ends within ``min_validity`` seconds. None when nobody is signed in. Raises AuthError when
        the token has expired and cannot be refreshed now, and when the session has ended while working.
        """
        if self._cut_off:
            raise AuthError(Problem(ErrorKind.SESSION_ENDED, "access_token", Outcome.MISUSE))
        if (session := self._session) and self.schedule.now() >= min(
            hard_point(session), session.expires_at - min_validity
        ):
            try:
                await asyncio.wait_for(self.refresh(), _HARD_WAIT)
            except (AuthError, TimeoutError) as error:
                ends = self.expires_at
                if self._cut_off or (ends is not None and self._clock.now() >= ends):
                    raise error if isinstance(error, AuthError) else AuthError(_SILENCE) from None
        return self._session.access_token if self._session else None

    # ---- restore and adopt

    async def restore(self) -> None:
        """Read the keyring and tell what is there. Never waits for the network."""
        self._epoch = epoch = self._epoch + 1  # the answer to an earlier question does not count any more
        stored, session = await self.store.load(
            on_wait=lambda: self.telling.trouble(VaultProblem.WAITING) if epoch == self._epoch else None
        )
        if epoch == self._epoch:
            self._take(stored, session)
        else:  # the person went on without: what was read says whether they may be saved after all
            self.store.learn(stored, session)
            if self._session:
                await self._save_late(self._session)

    def go_on_without_saving(self, problem: VaultProblem) -> None:
        """The person does not wait for the keyring: nobody is signed in, and nothing will be written over."""
        self._epoch += 1
        self.store.leave_alone(problem)
        self.telling.nobody(problem)

    async def save_over(self) -> None:
        """The person's order: their session takes the place of somebody else's in the keyring."""
        if session := self._session:
            await self._save_late(session, by_order=True)

    async def _save_late(self, session: Session, *, by_order: bool = False) -> None:
        if self.store.claim(session.user.id, by_order=by_order):
            await self.store.save(self.dated(session), new=True)
        if self._session is session:
            self.telling.health(session)
            self.telling.unsaved()

    def _take(self, stored: Stored, session: Session | None) -> None:
        match stored:
            case Found(generation=generation) if session is not None:
                self.store.generation = generation
                self.hold(session)
                self.telling.say(self.telling.admitted(session, AuthEvent.INITIAL_SESSION))
            case Found(text=text):  # signed out, and the keyring was not cleared in time
                self._spawn(self.clear(Session.from_json(text).id))
                self.telling.nobody(None)
            case Absent():
                self.telling.nobody(None)
            case Unread(VaultProblem.UNAVAILABLE as problem):  # there is no keyring that could be unlocked
                self.store.leave_alone(problem)
                self.telling.nobody(problem)
            case Unread(problem):
                self.telling.trouble(problem)
            case _:
                assert_never(stored)

    async def adopt(self, session: Session) -> None:
        """Somebody signed in: save, then tell. Another person who was there before is signed out first."""
        before, there = self._session, self._session.user if self._session else self._cut_off
        another = there is not None and there.id != session.user.id
        event = AuthEvent.TOKEN_REFRESHED if there and not another else AuthEvent.SIGNED_IN
        if another:
            if before:
                self.store.lay_tombstone(before.id)  # until it is written over: it must not come back
                self.revocations.begin(before)
            self.telling.say(self.end(Reason.REPLACED, for_good=True))
        self._epoch += 1
        self._refreshing.forget()  # the last person's
        self.hold(session, new=True)
        self.store.receive(session, anew=another or before is None)
        if before and another and self.store.hands_off:
            self._spawn(self.clear(before.id))  # as nothing will be written over it
        kept = await self.store.save(self.dated(session), new=True, replaces=before.id if before else None)
        done = isinstance(kept, Saved) or self.store.hands_off  # one's own older record is the net until then
        if before and not another and before.id != session.id and done:
            self.revocations.begin(before)
        if self._session is session:
            self.telling.say(self.telling.admitted(session, event))
            self.telling.unsaved()

    async def look(self) -> None:
        """Another copy of the app has stored or cleared something: follow it, without asking the server."""
        if self._refreshing.under_way:
            return  # who refreshes reads it anyway
        epoch, (stored, theirs) = self._epoch, await self.store.load(quiet=True, patience=SLOW)
        if epoch != self._epoch or isinstance(stored, Unread):
            return
        if session := self._session:
            if not isinstance(stored, Found) or stored.generation < (self.store.generation or 0):
                await self._say_of(self.save_now(session))  # gone, or from a backup: the vault knows by whom
            else:
                self._compare(session, stored, theirs)
        elif isinstance(stored, Found) and theirs and self._cut_off and theirs.user.id == self._cut_off.id:
            change = self.follow(stored, theirs)  # they signed in again over there
            self.telling.say(change)

    def follow_sign_out(self) -> None:
        """Another copy has signed this session out, and the keyring could not be cleared yet."""
        if self._session and self.store.signed_out(self._session.id):
            self.telling.say(self.end(Reason.ELSEWHERE))

    def _compare(self, session: Session, stored: Found, theirs: Session | None) -> None:
        if theirs is None or theirs.user.id != session.user.id:
            self.telling.say(self.end(Reason.REPLACED if theirs else Reason.ELSEWHERE))
        elif self.store.outdates(stored, theirs, session) and (change := self.follow(stored, theirs)):
            self.telling.say(change)

    def follow(self, stored: Found, theirs: Session) -> AuthChange | None:
        """Hold what another copy has stored of the same person; None if that is what is held already."""
        self.store.agree(stored.generation)
        if self._session is not None and self._session.refresh_token == theirs.refresh_token:
            return None
        self.hold(theirs)
        return self.telling.admitted(theirs, AuthEvent.TOKEN_REFRESHED)

    async def outdone(self, ours: Session) -> AuthChange | None:
        """Another copy was there first, and ``ours`` could not be saved: of one person's two the newer stays."""
        if self.store.signed_out(ours.id):
            return self.end(Reason.ELSEWHERE)
        epoch, (stored, theirs) = self._epoch, await self.store.load(quiet=True, patience=SLOW)
        if epoch != self._epoch:
            return None
        if isinstance(stored, Unread):
            self.store.doubt(stored.problem)  # the next look will tell
            return None
        if not isinstance(stored, Found) or theirs is None or theirs.user.id != ours.user.id:
            return self.end(Reason.REPLACED if theirs else Reason.ELSEWHERE)
        if theirs.id != ours.id or theirs.issued_at >= ours.issued_at:
            return self.follow(stored, theirs)
        self.store.generation = stored.generation  # theirs is a step behind: to be written over
        await self.store.save(self.dated(ours), quiet=True)
        return None

    async def updated(self, user: User) -> AuthChange | None:
        """The person has changed something about themselves; what is to be told, unless that comes later."""
        if self._refreshing.under_way:  # its answer, which may be older, would come on top
            self._spawn(self._say_of(self._refreshing.then(lambda: self.updated(user))))
            return None
        if (session := self._session) is None or session.user.id != user.id:
            return None
        self.hold(fresh := replace(session, user=user))
        change = await self.save_now(fresh, quiet=False)
        return change or (self.telling.admitted(fresh, AuthEvent.USER_UPDATED) if self._session is fresh else None)

    async def refresh(self) -> None:
        """Refresh now, together with whoever asks at the same time. Raises AuthError, and until its retry again."""
        await self._refreshing.refresh()

    async def save_again(self) -> None:
        """What could not be saved is tried again, without a prompt."""
        if (session := self._session) and self.store.behind:
            await self._say_of(self.save_now(session))

    async def save_now(
        self, session: Session, *, quiet: bool = True, patience: float | None = None
    ) -> AuthChange | None:
        """Save what is held; what is to be told if another copy was there first."""
        kept = await self.store.save(self.dated(session), quiet=quiet, patience=patience)
        if self._session is session and isinstance(kept, Superseded):
            return await self.outdone(session)
        return None

    async def _say_of(self, work: Awaitable[AuthChange | None]) -> None:
        if change := await work:
            self.telling.say(change)

    # ---- end

    def sign_out(self, scope: Scope = "local") -> SignOut:
        """Here and at once, offline too; the keyring and the server follow behind. ``others``: this one stays."""
        if scope == "others":
            return self.revocations.others(self.access_token)
        if (session := self._session) is None:
            if self._cut_off:  # they give up
                self.telling.say(self.end(Reason.USER))
            return SignOut("revoked")
        handle = self.revocations.begin(session, scope, promised=True)  # killed after the tombstone, nobody would know
        self.store.lay_tombstone(session.id)
        self.telling.say(self.end(Reason.USER))
        self._spawn(self.clear(session.id))
        return handle

    def end(self, reason: Reason, code: str = "", *, for_good: bool = False) -> AuthChange:
        """Nobody is there any more; the state says so at once, the event is the caller's to send.

        Ended over their head, they are asked in again; not so ``for_good``, because somebody else is there.
        """
        user = self._session.user if self._session else None
        self._session = self._cut_off = None
        self._epoch += 1
        self.schedule.clear()
        self.store.forget()
        if user and not for_good and self.telling.interrupts(reason):
            self._cut_off = user
            self.stirred.set()  # from now on siblings are looked at, who may be asked in sooner
            return self.telling.cut_off(user, reason, code)
        return self.telling.ended(reason, code)

    async def clear(self, session_id: str) -> None:
        """Remove what is stored of a session that was signed out."""
        if problem := await self.store.clear(session_id):
            self.telling.storage_problem(problem)

    # ---- small things

    def dated(self, session: Session) -> Session:
        """The session as it is stored, with what is known of the server's clock."""
        return replace(session, skew=self._server_clock.skew)

    def hold(self, session: Session, *, new: bool = False) -> None:
        """This is the session from now on; ``new``: the server has just made it."""
        self._session, self._cut_off = session, None
        self.schedule.hold(session, new=new)
        self.stirred.set()

    def _told_late(self) -> None:
        """A save that nobody waited for has ended."""
        if self._session:  # pragma: no branch - else the store has forgotten the save
            self.telling.health(self._session)
            self.telling.unsaved()
