"""The ways in, as coroutines: each asks the server and comes back with a session or with what to ask the person next.

They know neither the state nor the store, so that a new door is one more function here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from .errors import AuthError, ErrorKind, Outcome, Problem
from .models import Session, UserChange, claims
from .ports import Gateway, WayBack
from .redirect import Failed, Granted, Verdict
from .reduce import CodeMailed
from .state import AddressPurpose, CodePurpose

if TYPE_CHECKING:
    from .mail_links import Followed

RESEND_PAUSE = 60.0  # seconds between two mails to one person (supabase/auth: SMTP_MAX_FREQUENCY, default 1 minute)
LONGEST_PASSWORD = 72  # bytes: bcrypt reads no more (supabase/auth, internal/api/password.go)
CODE = re.compile(r"[0-9]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")  # the server decides what an address is; this only catches slips
_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")  # E.164
_DIGITS = re.compile(r"[+0-9 ()-]+")


@dataclass(frozen=True, slots=True)
class Recovered:
    """Who has proved their mailbox, and is signed in once they have a new password."""

    session: Session


async def _no_way_back() -> WayBack | None:
    return None


@dataclass(frozen=True, slots=True)
class Flows:
    """``now`` gives this machine's time in seconds since the epoch, for the countdown to the next mail.

    ``server_now`` gives the server's, by which tokens end; ``way_back`` what the links of mails lead to.
    """

    gateway: Gateway
    now: Callable[[], float]
    server_now: Callable[[], float]
    way_back: Callable[[], Awaitable[WayBack | None]] = _no_way_back

    async def sign_in(self, email: str, password: str) -> Session | CodeMailed:
        """By password. Who never confirmed their address is sent a code and asked for it."""
        check_email(email, "sign_in")
        if not password:  # too long is the server's to say: it may have taken it once
            raise _slip(ErrorKind.PASSWORD_MISSING, "sign_in")
        try:
            return await self.gateway.sign_in(email, password)
        except AuthError as error:
            if error.kind is not ErrorKind.EMAIL_NOT_CONFIRMED:
                raise
        return await self._mail_again(email, "confirm")

    async def sign_up(self, email: str, password: str) -> Session | CodeMailed:
        """A new account; a session at once where the project does not confirm addresses."""
        check_email(email, "sign_up")
        check_new_password(password, "sign_up")
        back = await self.way_back()
        session = await self.gateway.sign_up(email, password, back=back)
        return session or self._mailed(email, "confirm", back)

    async def mail_code(self, to: str, purpose: AddressPurpose, *, create: bool = True) -> CodeMailed:
        """Send a code to an address, or to a phone: to sign in, or because the password is forgotten.

        Nothing tells whether anybody is known there, unless the server does.
        """
        call = "send_code" if purpose == "sign_in" else "recover"
        if not (_EMAIL.fullmatch(to) or (purpose == "sign_in" and _PHONE.fullmatch(to))):
            raise _slip(ErrorKind.INVALID_PHONE if _DIGITS.fullmatch(to) else ErrorKind.INVALID_EMAIL, call)
        return await self.resend(to, purpose, create=create)

    async def verify(self, to: str, code: str) -> Session:
        """Redeem a code that signs in; spaces and dashes from pasting do not matter."""
        return _whole(await self.gateway.verify(to, digits_of(code)))

    async def recovered(self, email: str, code: str) -> Recovered:
        """Redeem the code of who has forgotten the password."""
        return Recovered(_whole(await self.gateway.verify(email, digits_of(code), "recovery")))

    async def by_link(self, link: Followed, purpose: CodePurpose) -> Session | Recovered:
        """By the link in the mail, which has brought what the browser of a provider brings."""
        try:
            session = await self._behind(link)
        except AuthError as error:
            link.receiver.settle(Verdict.FAILED)
            raise AuthError(replace(error.problem, kind=_of_a_link(error.kind, purpose))) from None
        link.receiver.settle(Verdict.SIGNED_IN)
        return Recovered(session) if purpose == "recovery" else session

    async def _behind(self, link: Followed) -> Session:
        match link.came:
            case Granted(code):
                return (await self.gateway.exchange(code, link.verifier)).session
            case Failed(problem):
                raise AuthError(problem)
            case _:
                raise _slip(ErrorKind.LINK_REFUSED, "redirect")

    async def renewed(self, session: Session, password: str, hold: Callable[[Session], None]) -> Session:
        """The new password of who has proved their mailbox; ``hold`` is given the session if it had to be refreshed."""
        check_new_password(password, "update_user")
        if self.server_now() >= session.expires_at:
            session = await self.gateway.refresh(session.refresh_token)
            hold(session)
        user = await self.gateway.update_user(session.access_token, UserChange(password=password))
        return replace(session, user=user)

    async def by_id_token(self, provider: str, id_token: str, access_token: str, nonce: str) -> Session:
        if not (provider and id_token):
            raise _slip(ErrorKind.MISUSE, "sign_in_with_id_token")
        return await self.gateway.sign_in_with_id_token(provider, id_token, access_token=access_token, nonce=nonce)

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

    async def resend(self, email: str, purpose: CodePurpose, *, create: bool = True) -> CodeMailed:
        back = await self.way_back() if "@" in email else None
        await self._send(email, purpose, create=create, back=back)
        return self._mailed(email, purpose, back, create=create)

    def _mailed(self, to: str, purpose: CodePurpose, back: WayBack | None, *, create: bool = True) -> CodeMailed:
        return CodeMailed(to, purpose, self.now() + RESEND_PAUSE, create=create, link=back is not None)

    async def _send(self, to: str, purpose: CodePurpose, *, create: bool, back: WayBack | None) -> None:
        match purpose:
            case "sign_in":
                await self.gateway.send_code(to, create=create, back=back)
            case "confirm":
                await self.gateway.resend_confirmation(to, back=back)
            case "recovery":
                await self.gateway.recover(to, back=back)
            case "email_change":
                raise _slip(ErrorKind.MISUSE, "resend")
            case _:
                assert_never(purpose)

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


def digits_of(code: str) -> str:
    """The six digits of what was pasted. Raises AuthError."""
    digits = re.sub(r"[\s-]", "", code)
    if not CODE.fullmatch(digits):
        raise _slip(ErrorKind.CODE_REFUSED, "verify")
    return digits


def check_email(email: str, call: str) -> None:
    """Raises AuthError for what can be no address."""
    if not _EMAIL.fullmatch(email):
        raise _slip(ErrorKind.INVALID_EMAIL, call)


def check_new_password(password: str, call: str) -> None:
    """Raises AuthError for what the server takes for no new password (supabase/auth, internal/api/password.go)."""
    if not password:
        raise _slip(ErrorKind.PASSWORD_MISSING, call)
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST_PASSWORD:
        raise _slip(ErrorKind.PASSWORD_TOO_LONG, call)


def _of_a_link(kind: ErrorKind, purpose: CodePurpose) -> ErrorKind:
    """What a person is told who has followed a link instead of typing its code."""
    if kind is ErrorKind.BROWSER_STALE and purpose == "confirm":  # the server confirms before it looks at the clock
        return ErrorKind.LINK_LATE
    return ErrorKind.LINK_REFUSED if kind in (ErrorKind.BROWSER_STALE, ErrorKind.CODE_REFUSED) else kind


def _whole(session: Session | None) -> Session:
    if session is None:  # what the server says to the first of two codes
        raise AuthError(Problem(ErrorKind.SERVER, "verify", Outcome.UNREADABLE))
    return session


def _slip(kind: ErrorKind, call: str) -> AuthError:
    """Seen without asking the server."""
    return AuthError(Problem(kind, call, Outcome.MISUSE))
