"""Tell the server that a session is over. Nobody waits for it: here the sign-out is done already.

It is tried again until the server has heard, for as long as the app runs. A mark on disk outlives the app, so that the
next start can say what never reached the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from .errors import NO_ANSWER, AuthError, ErrorKind, Problem
from .models import Session
from .parts import Parts
from .ports import Scope, Spawn
from .timing import Backoff

log = logging.getLogger("desktopauth.revocation")

SignOutStatus = Literal["pending", "revoked", "failed"]
_PASSING = {ErrorKind.CAPTIVE_PORTAL, ErrorKind.RATE_LIMITED, ErrorKind.SERVER, ErrorKind.UNTRUSTED_CERTIFICATE}
_Token = Callable[[], Awaitable[str | None]]


class SignOut:
    """How far the server's side of a sign-out is: ``pending``, ``revoked``, or ``failed`` for good."""

    def __init__(self, status: SignOutStatus = "pending") -> None:
        self._status = status
        self._settled = asyncio.Event()
        if status != "pending":
            self._settled.set()

    @property
    def status(self) -> SignOutStatus:
        return self._status

    async def settled(self) -> SignOutStatus:
        """Wait until it is revoked or has failed. What is pending when the app quits has failed."""
        await self._settled.wait()
        return self._status

    def settle(self, status: SignOutStatus) -> None:
        if self._status == "pending":
            self._status = status
            self._settled.set()


class Revocations:
    """Those that are under way."""

    def __init__(self, parts: Parts, spawn: Spawn) -> None:
        self._gateway, self._marks, self._spawn = parts.gateway, parts.tombstones, spawn
        self._clock, self._server_clock = parts.clock, parts.server_clock
        self._hurried = asyncio.Event()

    def begin(self, session: Session, scope: Scope = "local", *, promised: bool = False) -> SignOut:
        """Revoke a session that has ended here. ``promised``: to a person, who is told if it never came to pass."""
        if promised:
            self._mark(self._marks.owe, session.id)
        return self._start(_live(self, session), scope, session.id if promised else None)

    def others(self, token: _Token) -> SignOut:
        """Revoke every other session of the person; ``token`` gives a live access token of this one."""
        return self._start(token, "others", None)

    def hurry(self) -> None:
        """The way may be free again: what waits to be tried again is tried now."""
        self._hurried.set()
        self._hurried = asyncio.Event()

    def _start(self, token: _Token, scope: Scope, debt: str | None) -> SignOut:
        handle = SignOut()
        self._spawn(self._until_heard(handle, token, scope, debt))
        return handle

    async def _until_heard(self, handle: SignOut, token: _Token, scope: Scope, debt: str | None) -> None:
        try:
            status = await self._tell(token, scope)
        except BaseException:
            handle.settle("failed")  # the app quits
            raise
        if debt and status == "revoked":
            self._mark(self._marks.paid, debt)
        handle.settle(status)

    async def _tell(self, token: _Token, scope: Scope) -> SignOutStatus:
        backoff = Backoff()
        while True:
            try:
                if (access_token := await token()) is None:
                    return "failed"  # nobody is there any more in whose name to ask
                await self._gateway.sign_out(access_token, scope)
            except AuthError as error:
                if not _passing(error.problem):
                    log.warning("a session was not revoked on the server: %s", error.kind)
                    gone = error.kind is ErrorKind.SESSION_ENDED and scope == "local"
                    return "revoked" if gone else "failed"
                backoff.failed(error.problem, self._clock.now())
            else:
                return "revoked"
            await self._clock.wait(self._hurried, backoff.retry_at - self._clock.now())

    def _mark(self, change: Callable[[str], None], session_id: str) -> None:
        try:
            change(session_id)
        except OSError as error:  # the sign-out itself does not hang on a full disk
            log.warning("a mark of what the server was not told could not be changed: %s", type(error).__name__)

    async def refreshed(self, session: Session) -> Session:
        """The session itself while its access token is good; the server wants a live one for a revocation."""
        if self._clock.now() + self._server_clock.skew < session.expires_at:
            return session
        return await self._gateway.refresh(session.refresh_token)


def _live(revocations: Revocations, session: Session) -> _Token:
    async def token() -> str:
        nonlocal session
        session = await revocations.refreshed(session)
        return session.access_token

    return token


def _passing(problem: Problem) -> bool:
    return problem.outcome in NO_ANSWER or problem.kind in _PASSING
