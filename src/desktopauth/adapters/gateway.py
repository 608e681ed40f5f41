"""What the auth server can be asked, answered in our own models: a core Gateway over the supabase SDK.

One call is one request and nothing is kept between two calls, except where a server is known to demand otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.models import Exchanged, Project, ProviderTokens, Session, User, UserChange
from desktopauth.core.ports import Mail, Scope, WayBack

from .asking import Asking, warm
from .authorize import provider_address

__all__ = ["SupabaseGateway", "warm"]

_MAILED_LATELY = "over_email_send_rate_limit"
# Any mailed code but a change's passes as `email` (supabase/auth, internal/api/verify.go). Supabase Lite 0.10 does
# not know that type, and says so; there `magiclink` takes the newest code, be it of a sign-up or of a sign-in mail.
_MAILED_AS: Mapping[Mail, tuple[str, ...]] = {"email": ("email", "magiclink"), "recovery": ("email", "recovery")}
_TEXTED_AS: Mapping[Mail, tuple[str, ...]] = {"email": ("sms",)}


class SupabaseGateway(Asking):
    """The auth server, verb by verb: what each sends, and how its answer is read."""

    # ---- signing in

    async def sign_up(self, email: str, password: str, *, back: WayBack | None = None) -> Session | None:
        who = {"email": email, "password": password}
        try:
            return await self._ask("sign_up", _maybe_session, lambda auth: auth.sign_up(who), back=back)
        except AuthError as refused:
            await self._mail_a_code_instead(email, refused, back)
            return None

    async def sign_in(self, email: str, password: str) -> Session:
        who = {"email": email, "password": password}
        return await self._ask("sign_in", Session.from_wire, lambda auth: auth.sign_in_with_password(who))

    async def sign_in_with_id_token(
        self, provider: str, id_token: str, *, access_token: str = "", nonce: str = ""
    ) -> Session:
        proof = {"provider": provider, "token": id_token}
        proof |= {name: value for name, value in (("access_token", access_token), ("nonce", nonce)) if value}
        return await self._ask(
            "sign_in_with_id_token", Session.from_wire, lambda auth: auth.sign_in_with_id_token(proof)
        )

    async def authorize(
        self, provider: str, *, redirect_to: str, challenge: str, scopes: str, options: Mapping[str, str]
    ) -> str:
        return await provider_address(
            self._url,
            self._pool,
            provider=provider,
            redirect_to=redirect_to,
            challenge=challenge,
            scopes=scopes,
            options=options,
        )

    async def exchange(self, code: str, verifier: str) -> Exchanged:
        both = {"auth_code": code, "code_verifier": verifier}
        return await self._ask("exchange", _exchanged, lambda auth: auth.exchange_code_for_session(both))

    # ---- codes

    async def send_code(self, to: str, *, create: bool, back: WayBack | None = None) -> None:
        asked = {**_reached(to), "options": {"should_create_user": create}}
        wrong = ErrorKind.INVALID_EMAIL if "@" in to else ErrorKind.INVALID_PHONE
        await self._ask("send_code", _nothing, lambda auth: auth.sign_in_with_otp(asked), invalid=wrong, back=back)

    async def recover(self, email: str, *, back: WayBack | None = None) -> None:
        await self._ask("recover", _nothing, lambda auth: auth.reset_password_for_email(email), back=back)

    async def resend_confirmation(self, email: str, *, back: WayBack | None = None) -> None:
        which = {"type": "signup", "email": email}
        try:
            await self._ask("resend_confirmation", _nothing, lambda auth: auth.resend(which), back=back)
        except AuthError as refused:
            await self._mail_a_code_instead(email, refused, back)

    async def verify(self, to: str, code: str, mail: Mail = "email") -> Session | None:
        *others, last = (_MAILED_AS if "@" in to else _TEXTED_AS).get(mail, (mail,))
        for kind in others:
            try:
                return await self._verify_as(kind, to, code)
            except AuthError as refused:
                if (refused.problem.status, refused.problem.code) != (400, "validation_failed"):
                    raise
        return await self._verify_as(last, to, code)

    # ---- of who is signed in

    async def refresh(self, refresh_token: str) -> Session:
        return await self._ask("refresh", Session.from_wire, lambda auth: auth.refresh_session(refresh_token))

    async def user(self, access_token: str) -> User:
        return await self._ask("user", User.from_wire, lambda auth: auth.get_user(), access_token)

    async def update_user(self, access_token: str, change: UserChange) -> User:
        fields, wrong = _fields(change), _wrong_in(change)
        return await self._ask(
            "update_user", User.from_wire, lambda auth: auth.update_user(fields), access_token, invalid=wrong
        )

    async def reauthenticate(self, access_token: str) -> None:
        await self._ask("reauthenticate", _nothing, lambda auth: auth.reauthenticate(), access_token)

    async def sign_out(self, access_token: str, scope: Scope) -> None:
        try:
            await self._ask("sign_out", _nothing, lambda auth: auth.admin.sign_out(access_token, scope))
        except AuthError as refused:
            if not _gone(refused.problem):
                raise

    # ---- of the project

    async def project(self) -> Project:
        return await self._look("project", "/settings", Project.from_wire)

    async def _verify_as(self, kind: str, to: str, code: str) -> Session | None:
        proof = {"type": kind, **_reached(to), "token": code}
        reader = _maybe_second if kind == "email_change" else Session.from_wire
        return await self._ask("verify", reader, lambda auth: auth.verify_otp(proof))

    async def _mail_a_code_instead(self, email: str, refused: AuthError, back: WayBack | None) -> None:
        """Ask for a sign-in code, which confirms an address as well; raises ``refused`` if that is refused too.

        Supabase Lite answers `resend`, and the sign-up of a known address, with 429 for ever; on other servers the same
        limit holds for both mails, so that the first refusal, with its seconds, is the one to tell.
        """
        if refused.problem.code != _MAILED_LATELY:
            raise refused
        try:
            await self.send_code(email, create=False, back=back)
        except AuthError:
            raise refused from None


# ---- how what is asked is written


def _reached(to: str) -> dict[str, str]:
    return {"email": to} if "@" in to else {"phone": to}


def _fields(change: UserChange) -> dict[str, Any]:
    """What is to change, by the server's names; what stays as it is does not go over the wire."""
    named = {
        "password": change.password,
        "current_password": change.current_password,
        "nonce": change.nonce,
        "email": change.email,
        "phone": change.phone,
        "data": None if change.facts is None else dict(change.facts),
    }
    return {name: value for name, value in named.items() if value is not None}


def _wrong_in(change: UserChange) -> ErrorKind | None:
    """What is not valid in a change that was refused as such; None where it may be more than one."""
    if change.password is not None:  # longer than the server's hash takes, for one
        return None
    match change.email, change.phone:
        case str(), None:
            return ErrorKind.INVALID_EMAIL
        case None, str():
            return ErrorKind.INVALID_PHONE
        case _:
            return None


# ---- how an answer is read


def _maybe_session(body: Mapping[str, Any]) -> Session | None:
    return Session.from_wire(body) if "access_token" in body else None


def _maybe_second(body: Mapping[str, Any]) -> Session | None:
    """None for the first of two confirmations: a message, under a code that is a text (supabase/auth, verify.go)."""
    return None if "access_token" not in body and str(body.get("code")) == "200" else Session.from_wire(body)


def _exchanged(body: Mapping[str, Any]) -> Exchanged:
    access, refresh = body.get("provider_token"), body.get("provider_refresh_token")
    tokens = None
    if isinstance(access, str) and access:
        tokens = ProviderTokens(access, refresh if isinstance(refresh, str) else "")
    return Exchanged(Session.from_wire(body), tokens)


def _nothing(body: Mapping[str, Any]) -> None:
    """The answer's words say nothing that its status did not."""


def _gone(problem: Problem) -> bool:
    """Whether a refusal of a sign-out says that there is nothing left to revoke.

    Not `bad_jwt` (the token has expired, the session may live on), nor a refusal without a code (the key was wrong).
    """
    return problem.status in (401, 403, 404) and problem.code not in ("", "bad_jwt")
