"""The ways in, as commands: each shows in ``state`` what is being asked, and ends in a session or in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from .account import Account
from .attempts import nothing
from .browsing import Browsing
from .errors import AuthError
from .models import Project, Session
from .redirect import TimedOut
from .reduce import Asked, Cancelled, FlowOpened, FormOpened
from .state import (
    AddressForm,
    AddressPurpose,
    AnotherPerson,
    BrowserWait,
    CodeWanted,
    FormPurpose,
    Interrupted,
    NewEmail,
    NewPassword,
    PasswordForm,
    SignedIn,
    SignedOut,
    email_of,
)

if TYPE_CHECKING:
    from .attempts import Way
    from .mail_links import Followed
    from .parts import Parts


class Doors(Account):
    """The part of ``Auth`` by which people come in. One attempt is under way at a time; a newer one makes it void."""

    _parts: Parts
    _browsing: Browsing | None = None
    _project: Project | None = None

    @property
    def door(self) -> str:
        """By which the last one came in: ``password``, ``code``, ``id_token``, or a provider's name; empty for none."""
        return self._attempts.door

    async def _at_the_door(self) -> None:
        """A sign-in waits for the keyring's answer."""

    async def project(self) -> Project:
        """What the server offers, asked once. Raises AuthError."""
        if self._project is None:
            self._project = await self._gateway.project()
        return self._project

    # ---- by password

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in by password; an address that is not confirmed yet leads to the code view."""
        await self._at_the_door()
        self.changed(Asked(email.strip()))
        await self._enter("password", self._flows.sign_in(email.strip(), password))

    async def sign_up(self, email: str, password: str) -> None:
        """Create an account; leads to the code view where the project confirms addresses."""
        await self._at_the_door()
        self.changed(Asked(email.strip()))
        await self._enter("password", self._flows.sign_up(email.strip(), password))

    # ---- by a provider

    async def sign_in_with(
        self, provider: str, *, scopes: str | None = None, options: Mapping[str, str] | None = None
    ) -> None:
        """Sign in at ``provider`` (``github``, ``custom:acme``), in the system browser.

        ``scopes`` are separated by spaces, by default the configured ones; ``options`` go to the provider as they are.
        Ends when somebody is in, and else raises AuthError: BROWSER_DENIED, BROWSER_SILENT (five minutes), CANCELLED,
        PROVIDER_OFF, ...
        """
        await self._at_the_door()
        browsing = Browsing(provider, self._parts, self, self._spawn)
        came_from = flow.purpose if isinstance(flow := self._state.flow, PasswordForm | BrowserWait) else "sign_in"
        self.changed(FlowOpened(BrowserWait(provider, email=email_of(self._state), purpose=came_from)))
        wanted = self._parts.scopes.get(provider, "") if scopes is None else scopes
        self._browsing, way = browsing, browsing.go(wanted, options or {})
        await self._enter(provider, way, abandon=browsing.abandon)

    async def open_again(self) -> None:
        """Send the person to the provider's page once more."""
        if self._browsing:
            await self._browsing.open_again()

    def paste(self, address: str) -> bool:
        """The address that a browser ended at, on another machine say. False: it is not one of this attempt."""
        return self._browsing is not None and self._browsing.accept(address)

    async def sign_in_with_id_token(
        self, provider: str, id_token: str, *, access_token: str = "", nonce: str = ""
    ) -> Session:
        """With an ID token that the app got from ``provider`` itself; the session. Raises AuthError.

        ``nonce`` is the one that the token holds the hash of, ``access_token`` the one it was issued with.
        """
        await self._at_the_door()
        await self._enter("id_token", self._flows.by_id_token(provider, id_token, access_token, nonce))
        return self._there("sign_in_with_id_token")

    async def set_session(self, access_token: str, refresh_token: str) -> Session:
        """Sign in with the tokens of a session that your backend has made for the person; the session as kept.

        An access token that has expired is refreshed first. Raises AuthError.
        """
        await self._at_the_door()
        await self._enter("", self._flows.given(access_token, refresh_token))
        return self._there("set_session")

    # ---- by a code

    def open_address(self, purpose: AddressPurpose, email: str | None = None) -> None:
        """Ask only for the address that a code is to go to; None keeps the one that was typed before."""
        if isinstance(self._state.session, SignedOut | Interrupted):
            self._attempts.void()
            self.changed(FlowOpened(AddressForm(purpose, email_of(self._state) if email is None else email)))
            self.happened()

    async def sign_in_with_code(self, to: str, *, create: bool = True) -> None:
        """Send a six-digit code to an e-mail address or a phone number; ``create``: an account, where there is none."""
        await self._mail("sign_in", to, create=create)

    async def forgot_password(self, email: str) -> None:
        """Mail a code by which a new password can be chosen."""
        await self._mail("recovery", email, create=False)

    async def verify(self, code: str) -> None:
        """Redeem the code that the current flow waits for."""
        if not isinstance(flow := self._state.flow, CodeWanted):
            return
        self.changed(Asked())
        match flow.purpose:
            case "sign_in":
                await self._enter("code", self._flows.verify(flow.email, code))
            case "confirm":  # of who came by password
                await self._enter("password", self._flows.verify(flow.email, code))
            case "recovery":
                await self._enter("password", self._flows.recovered(flow.email, code))
            case "email_change":
                await self._attempts.go(self._confirm_email(flow, code))
            case _:
                assert_never(flow.purpose)

    async def _by_link(self, link: Followed) -> None:
        """A mail's link led to here; where nobody waits for it any more, the page says so by itself."""
        if isinstance(flow := self._state.flow, CodeWanted) and not isinstance(link.came, TimedOut):
            self.changed(Asked())
            door = "code" if flow.purpose == "sign_in" else "password"
            with suppress(AuthError):  # the state says the same
                await self._enter(door, self._flows.by_link(link, flow.purpose))

    async def resend(self) -> None:
        """Send another code, if it is time for one."""
        match self._state.flow:
            case CodeWanted(purpose="email_change", resend_at=at) if self._clock.now() >= at:
                self.changed(Asked())
                await self._attempts.go(self._email_again())
            case CodeWanted(resend_at=at) as flow if self._clock.now() >= at:
                self.changed(Asked())
                await self._attempts.go(self._flows.resend(flow.email, flow.purpose, create=flow.create))
            case NewPassword(proof="code", resend_at=at) if self._clock.now() >= at:
                self.changed(Asked())
                await self._attempts.go(self._mail_proof())
            case _:
                pass

    # ---- the forms

    def open_form(self, purpose: FormPurpose, email: str | None = None) -> None:
        """Show the sign-in or sign-up form; what was under way is void."""
        if isinstance(self._state.session, SignedOut | Interrupted):
            self._attempts.void()
            self.changed(FormOpened(purpose, email))
            self.happened()

    def cancel(self) -> None:
        """Stop waiting: a busy form becomes free again, else it is left for the one before it, or for the work."""
        proved = self._attempts.proved
        self._attempts.void()
        match self._state.flow:
            case BrowserWait():
                self.changed(Cancelled())
            case None:
                pass
            case AnotherPerson() if not isinstance(self._state.session, Interrupted):
                pass
            case flow if flow.busy and not proved:
                self.changed(Cancelled())
            case _ if isinstance(self._state.session, SignedIn):
                self.changed(FlowOpened(None))
            case CodeWanted(purpose="sign_in" | "recovery" as purpose, email=email):
                self.changed(FlowOpened(AddressForm(purpose, email)))
            case CodeWanted(purpose="confirm", email=email) if isinstance(self._state.session, SignedOut):
                self.changed(FormOpened("sign_up", email))
            case AnotherPerson():
                self.changed(FormOpened("sign_in", email_of(self._state)))
            case PasswordForm():
                pass
            case CodeWanted() | AddressForm() | NewPassword() | NewEmail():
                self.changed(FormOpened("sign_in"))
            case flow:
                assert_never(flow)
        self.happened()

    def remember(self, on: bool) -> None:
        """Whether whoever signs in next is kept in the keyring, or for this run only."""
        self._keeper.store.want(on)

    async def let_in(self) -> None:
        """Another person has signed in over somebody's work, and it is their turn: nothing of the first one stays."""
        await self._attempts.let_in()

    # ---- small things

    async def _mail(self, purpose: AddressPurpose, to: str, *, create: bool) -> None:
        await self._at_the_door()
        if not isinstance(flow := self._state.flow, AddressForm) or flow.purpose != purpose:
            self.changed(FlowOpened(AddressForm(purpose)))
        self.changed(Asked(to.strip()))
        await self._enter("", self._flows.mail_code(to.strip(), purpose, create=create))

    async def _enter(self, door: str, way: Way, *, abandon: Callable[[], None] = nothing) -> None:
        await self._attempts.go(way, door=door, abandon=abandon)
