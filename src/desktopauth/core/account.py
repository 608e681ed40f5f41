"""What a person who is signed in may change about themselves, and what their providers gave them.

Each is asked in the flow of ``state``; the server may want another proof of them first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .access import Access
from .browsing import Arrival
from .errors import AuthError, ErrorKind, VaultProblem, missing
from .flows import RESEND_PAUSE, check_email, check_new_password, digits_of
from .models import User, UserChange
from .parts import Listener
from .provider_tokens import ProviderAccess, Renew
from .reduce import Asked, CodeMailed, FlowOpened, ProofWanted
from .state import AuthState, CodeWanted, NewEmail, NewPassword, SignedIn

if TYPE_CHECKING:
    from .attempts import Attempts
    from .events import AuthChange
    from .flows import Flows
    from .ports import Clock


class Account(Access, Listener):
    """The part of ``Auth`` that is about the person's own account."""

    _attempts: Attempts
    _flows: Flows
    _clock: Clock
    _state: AuthState
    _providers: ProviderAccess
    _moving_to = ""  # the new address that codes went out for

    # ---- the flows of who is signed in

    def open_new_password(self) -> None:
        """Ask for a new password."""
        if isinstance(session := self._state.session, SignedIn):
            self._open(NewPassword(session.user.email))

    def open_new_email(self) -> None:
        """Ask for another address."""
        if isinstance(self._state.session, SignedIn):
            self._open(NewEmail())

    async def set_password(self, password: str, proof: str = "") -> None:
        """Answer the flow ``NewPassword``; ``proof`` is the current password or the mailed code, as it asks for.

        Raises AuthError; where the server wants a proof first, the flow asks for it instead.
        """
        if not isinstance(flow := self._state.flow, NewPassword):
            return
        self.changed(Asked())
        if proved := self._attempts.proved:
            await self._attempts.go_on(self._flows.renewed(proved, password, self._attempts.hold_proved))
        else:
            await self._attempts.go(self._new_password(flow, password, proof))

    async def change_email(self, email: str) -> None:
        """Answer the flow ``NewEmail``: codes go to the new address, and to the old one where the project says so."""
        if isinstance(self._state.flow, NewEmail):
            self.changed(Asked(email.strip()))
            await self._attempts.go(self._new_email(email.strip()))

    async def update_user(self, change: UserChange) -> User:
        """Change it at once, without any flow; the person as they are then. Raises AuthError."""
        user: User = await asyncio.shield(self._spawn(self._changed_to(change)))  # asked is asked: it is told as well
        return user

    # ---- what providers gave

    async def provider_token(self, provider: str, *, refused: str | None = None) -> str:
        """The access token that ``provider`` (``spotify``) gave for its own API at the sign-in.

        ``refused``: one that its API took no longer; it is renewed by the hook of ``renew_provider_tokens``, once for
        all who ask. Raises AuthError: PROVIDER_TOKEN_MISSING where there is none, SESSION_MISSING for nobody.
        """
        session = self._there("provider_token")
        kept = self._keeper.store.memory_only is not VaultProblem.UNWANTED
        return await self._providers.token(session.id, provider, refused, kept=kept)

    def renew_provider_tokens(self, renew: Renew | None) -> None:
        """``await renew(provider, tokens)`` gives newer tokens, from your own back end, which holds the secret."""
        self._providers.renew_with(renew)

    # ---- the ways

    def _open(self, flow: NewPassword | NewEmail) -> None:
        self._attempts.void()
        self.changed(FlowOpened(flow))
        self.happened()

    async def _changed_to(self, change: UserChange) -> User:
        user = await self._in_person("update_user", lambda token: self._gateway.update_user(token, change))
        if told := await self._keeper.updated(user):
            self.happened(told)
        return user

    async def _new_password(self, flow: NewPassword, password: str, proof: str) -> ProofWanted | AuthChange | None:
        check_new_password(password, "update_user")
        change = UserChange(
            password=password,
            current_password=proof if flow.proof == "current_password" else None,
            nonce=digits_of(proof) if flow.proof == "code" else None,
        )
        try:
            user = await self._in_person("update_user", lambda token: self._gateway.update_user(token, change))
        except AuthError as error:
            if error.kind is ErrorKind.CURRENT_PASSWORD_WANTED:
                return ProofWanted("current_password")
            if error.kind is not ErrorKind.REAUTHENTICATION_WANTED:
                raise
            return await self._mail_proof()
        return await self._keeper.updated(user)

    async def _mail_proof(self) -> ProofWanted:
        await self._in_person("reauthenticate", self._gateway.reauthenticate)
        return ProofWanted("code", self._clock.now() + RESEND_PAUSE)

    async def _new_email(self, email: str) -> CodeMailed | AuthChange | None:
        check_email(email, "update_user")
        self._moving_to, change = email, UserChange(email=email)
        user = await self._in_person("update_user", lambda token: self._gateway.update_user(token, change))
        told = await self._keeper.updated(user)
        if user.email.casefold() == email.casefold():
            return told  # a project that asks for no proof
        self.happened(told)
        return CodeMailed(email, "email_change", self._clock.now() + RESEND_PAUSE)

    async def _confirm_email(self, flow: CodeWanted, code: str) -> CodeMailed | AuthChange | None:
        """One code of two, or the only one. The server tells by what it answers."""
        gave = await self._providers.of(self._there("verify").id)
        came = await self._gateway.verify(flow.email, digits_of(code), "email_change")
        there = self._keeper.session
        if came is None:
            old = there.user.email if there else ""
            return CodeMailed(old, "email_change", flow.resend_at)
        if there is None or there.user.id != came.user.id:
            self._keeper.revocations.begin(came)
            raise missing("verify")
        await self._keeper.adopt(came)
        for provider, tokens in gave.items():  # they went with the session before, and are this person's still
            await self._arrived(Arrival(came, provider, tokens))
        return self._keeper.telling.updated(came.user)

    async def _arrived(self, came: Arrival) -> None:
        """By a provider: what it gave is kept as long as the session."""
        if came.tokens and self._keeper.session and self._keeper.session.id == came.session.id:
            kept = self._keeper.store.memory_only is not VaultProblem.UNWANTED
            await self._providers.keep(came.session.id, came.provider, came.tokens, kept=kept)

    async def _email_again(self) -> CodeMailed:
        """Both codes anew: the server counts from the beginning, and so does the flow."""
        email = self._moving_to
        change = UserChange(email=email)
        await self._in_person("update_user", lambda token: self._gateway.update_user(token, change))
        return CodeMailed(email, "email_change", self._clock.now() + RESEND_PAUSE)
