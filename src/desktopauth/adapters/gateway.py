"""What the auth server can be asked, answered in our own models: a core Gateway over the supabase SDK.

One call is one request and nothing is kept between two calls, except where a server is known to demand otherwise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.models import Session, User
from desktopauth.core.ports import Scope

from . import answers
from .pool import Pool

if TYPE_CHECKING:
    from .throwaway import Sdk, Use
    from .transport import Route

T = TypeVar("T")
Observe = Callable[[float, float], None]

_log = logging.getLogger("desktopauth.gateway")
_MAILED_LATELY = "over_email_send_rate_limit"


class SupabaseGateway:
    """The auth server at ``url``, asked with the project's publishable ``key``.

    ``observe`` is told the server's time (seconds since the epoch) and the seconds that the answer took, for every
    answer whose ``Date`` can be believed.
    """

    def __init__(self, url: str, key: str, pool: Pool, *, observe: Observe) -> None:
        self._url, self._key, self._pool, self._observe = url.rstrip("/"), key, pool, observe
        self._sdk: Sdk | None = None
        self._believed = _authentic(url)

    async def sign_up(self, email: str, password: str) -> Session | None:
        who = {"email": email, "password": password}
        try:
            return await self._ask("sign_up", _maybe_session, lambda auth: auth.sign_up(who))
        except AuthError as refused:
            await self._mail_a_code_instead(email, refused)
            return None

    async def sign_in(self, email: str, password: str) -> Session:
        who = {"email": email, "password": password}
        return await self._ask("sign_in", Session.from_wire, lambda auth: auth.sign_in_with_password(who))

    async def resend_confirmation(self, email: str) -> None:
        which = {"type": "signup", "email": email}
        try:
            await self._ask("resend_confirmation", _nothing, lambda auth: auth.resend(which))
        except AuthError as refused:
            await self._mail_a_code_instead(email, refused)

    async def verify(self, email: str, code: str) -> Session:
        try:
            return await self._verify_as("email", email, code)
        except AuthError as refused:
            if (refused.problem.status, refused.problem.code) != (400, "validation_failed"):
                raise
        # Any mailed code passes as `email` (supabase/auth, internal/api/verify.go). Supabase Lite 0.10 does not know
        # that type, and says so; there `magiclink` takes the newest code, be it of a sign-up or of a sign-in mail.
        return await self._verify_as("magiclink", email, code)

    async def refresh(self, refresh_token: str) -> Session:
        return await self._ask("refresh", Session.from_wire, lambda auth: auth.refresh_session(refresh_token))

    async def user(self, access_token: str) -> User:
        return await self._ask("user", User.from_wire, lambda auth: auth.get_user(), access_token)

    async def sign_out(self, access_token: str, scope: Scope) -> None:
        try:
            await self._ask("sign_out", _nothing, lambda auth: auth.admin.sign_out(access_token, scope))
        except AuthError as refused:
            if not _gone(refused.problem):
                raise

    async def _verify_as(self, kind: str, email: str, code: str) -> Session:
        proof = {"type": kind, "email": email, "token": code}
        return await self._ask("verify", Session.from_wire, lambda auth: auth.verify_otp(proof))

    async def _mail_a_code_instead(self, email: str, refused: AuthError) -> None:
        """Ask for a sign-in code, which confirms an address as well; raises ``refused`` if that is refused too.

        Supabase Lite answers `resend`, and the sign-up of a known address, with 429 for ever; on other servers the same
        limit holds for both mails, so that the first refusal, with its seconds, is the one to tell.
        """
        if refused.problem.code != _MAILED_LATELY:
            raise refused
        to = {"email": email, "options": {"should_create_user": False}}
        try:
            await self._ask("send_code", _nothing, lambda auth: auth.sign_in_with_otp(to))
        except AuthError:
            raise refused from None

    async def _ask(self, call: str, reader: Callable[[Mapping[str, Any]], T], use: Use, token: str = "") -> T:
        heard = await (await self._wire(call)).ask(use, token)
        match heard:
            case answers.Silence():
                _log.info("%s: no answer (%s)", call, heard.cause)
            case answers.Answer():
                self._tell_time(heard)
        return answers.read(call, heard, reader)

    async def _wire(self, call: str) -> Sdk:
        if self._sdk is None:
            pool = await self._opened()
            if pool is None:
                raise AuthError(Problem(ErrorKind.MISUSE, call, Outcome.MISUSE))
            await asyncio.to_thread(warm)
            from .throwaway import Sdk

            self._sdk = Sdk(self._url, self._key, pool)
        return self._sdk

    async def _opened(self) -> Route | None:
        try:
            return await self._pool.open()
        except ValueError as unusable:
            _log.error("%s", unusable)
            return None

    def _tell_time(self, answer: answers.Answer) -> None:
        moment = answers.server_time(answer) if self._believed else None
        if moment is not None:
            self._observe(moment, answer.took)


def warm() -> None:
    """Import what the first call needs, about 250 ms: for a worker thread, behind the first paint."""
    from . import throwaway  # noqa: F401


def _authentic(url: str) -> bool:
    """Whether nobody on the way can have written the answer: TLS, or never off this machine."""
    where = urlsplit(url)
    return where.scheme == "https" or where.hostname in ("127.0.0.1", "::1", "localhost")


def _maybe_session(body: Mapping[str, Any]) -> Session | None:
    return Session.from_wire(body) if "access_token" in body else None


def _nothing(body: Mapping[str, Any]) -> None:
    """The answer's words say nothing that its status did not."""


def _gone(problem: Problem) -> bool:
    """Whether a refusal of a sign-out says that there is nothing left to revoke.

    Not `bad_jwt` (the token has expired, the session may live on), nor a refusal without a code (the key was wrong).
    """
    return problem.status in (401, 403, 404) and problem.code not in ("", "bad_jwt")
