"""Which view a state asks for. A new state is a type error here until it has one."""

from __future__ import annotations

from typing import Literal, assert_never

from desktopauth.core.state import (
    AddressForm,
    AnotherPerson,
    AuthState,
    BrowserWait,
    CodeWanted,
    Flow,
    Interrupted,
    NewEmail,
    NewPassword,
    PasswordForm,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
)

Name = Literal[
    "restoring", "store", "sign_in", "sign_up", "address", "browser_wait", "code", "new_password", "new_email",
    "interrupted", "another", "home",
]  # fmt: skip


def view_of(state: AuthState) -> Name:
    """Which view a state asks for."""
    match state.session:
        case Starting(expects_somebody=expects):
            return "restoring" if expects else "sign_in"
        case StoreWanted():
            return "store"
        case SignedIn():
            return _over_home(state.flow)
        case SignedOut() | Interrupted():
            return _form_of(state)
        case _:
            assert_never(state.session)


def _over_home(flow: Flow | None) -> Name:
    """Somebody is in: what they are asked beside their work."""
    match flow:
        case NewPassword():
            return "new_password"
        case NewEmail():
            return "new_email"
        case CodeWanted():
            return "code"
        case BrowserWait():
            return "browser_wait"
        case None | PasswordForm() | AddressForm() | AnotherPerson():  # these are for who is not in
            return "home"
        case _:
            assert_never(flow)


def _form_of(state: AuthState) -> Name:
    """Nobody is in: the way in that is being tried. Over somebody's work it is the same way, with other words."""
    over_work = isinstance(state.session, Interrupted)
    match state.flow:
        case CodeWanted():
            return "code"
        case AddressForm():
            return "address"
        case BrowserWait():
            return "browser_wait"
        case NewPassword():
            return "new_password"
        case AnotherPerson():
            return "another" if over_work else "restoring"  # chosen, and on the way in
        case None | PasswordForm() | NewEmail() if over_work:
            return "interrupted"
        case None | PasswordForm(purpose="sign_in") | NewEmail():  # no address to change where nobody is in
            return "sign_in"
        case PasswordForm():
            return "sign_up"
        case _:
            assert_never(state.flow)
