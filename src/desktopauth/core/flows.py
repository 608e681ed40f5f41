"""The ways in, as coroutines: each asks the server and comes back with a session or with what to ask the person next.

They know neither the state nor the store, so that a new door is one more function here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .errors import AuthError, ErrorKind, Outcome, Problem
from .models import Session, claims
from .ports import Gateway
from .reduce import CodeMailed
from .state import CodePurpose

RESEND_PAUSE = 60.0  # seconds between two mails to one person (supabase/auth: SMTP_MAX_FREQUENCY, default 1 minute)
CODE = re.compile(r"[0-9]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")  # the server decides what an address is; this only catches slips


@dataclass(frozen=True, slots=True)
class Flows:
    """``now`` gives this machine's time in seconds since the epoch, for the countdown to the next mail.

    ``server_now`` gives the server's, by which tokens end.
    """

    gateway: Gateway
    now: Callable[[], float]
    server_now: Callable[[], float]

    async def sign_in(self, email: str, password: str) -> Session | CodeMailed:
        """By password. Who never confirmed their address is sent a code and asked for it."""
        _check(email, password, "sign_in")
        try:
            return await self.gateway.sign_in(email, password)
        except AuthError as error:
            if error.kind is not ErrorKind.EMAIL_NOT_CONFIRMED:
                raise
        return await self._mail_again(email, "confirm")

    async def sign_up(self, email: str, password: str) -> Session | CodeMailed:
        """A new account; a session at once where the project does not confirm addresses."""
        _check(email, password, "sign_up")
        session = await self.gateway.sign_up(email, password)
        return session or CodeMailed(email, "confirm", self.now() + RESEND_PAUSE)

    async def verify(self, email: str, code: str) -> Session:
        """Redeem a mailed code; spaces and dashes from pasting do not matter."""
        digits = re.sub(r"[\s-]", "", code)
        if not CODE.fullmatch(digits):
            raise _slip(ErrorKind.CODE_REFUSED, "verify")
        return await self.gateway.verify(email, digits)

    async def given(self, access_token: str, refresh_token: str) -> Session:
        """With tokens that somebody else has got for the person; an access token that has ended is refreshed first."""
        said = claims(access_token)
        try:
            expires_at, lifetime = float(said["exp"]), float(said["exp"]) - float(said["iat"])
        except (LookupError, TypeError, ValueError):
            raise _slip(ErrorKind.MISUSE, "set_session") from None
        if not access_token or not refresh_token or self.server_now() >= expires_at:
            return await self.gateway.refresh(refresh_token)
        user = await self.gateway.user(access_token)
        return Session(access_token, refresh_token, expires_at, lifetime, user)

    async def resend(self, email: str, purpose: CodePurpose) -> CodeMailed:
        await self.gateway.resend_confirmation(email)
        return CodeMailed(email, purpose, self.now() + RESEND_PAUSE)

    async def _mail_again(self, email: str, purpose: CodePurpose) -> CodeMailed:
        """The way to the code view: whatever hinders the mail is said there, where Resend is at hand."""
        try:
            return await self.resend(email, purpose)
        except AuthError as error:
            wait = error.problem.retry_after or 0.0
            # "too soon" is no failure here: the mail before this one is still good
            problem = None if error.kind is ErrorKind.RATE_LIMITED else error.problem
            return CodeMailed(email, purpose, self.now() + wait, problem)


def later(problem: Problem, now: float) -> float | None:
    """When the same may be asked again, where the server named its seconds."""
    return now + problem.retry_after if problem.retry_after is not None else None


def _check(email: str, password: str, call: str) -> None:
    if not _EMAIL.fullmatch(email):
        raise _slip(ErrorKind.INVALID_EMAIL, call)
    if not password:
        raise _slip(ErrorKind.PASSWORD_MISSING, call)


def _slip(kind: ErrorKind, call: str) -> AuthError:
    """Seen without asking the server."""
    return AuthError(Problem(kind, call, Outcome.MISUSE))
