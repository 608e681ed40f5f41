"""Which view a state asks for. A new state is a type error here until it has one."""

from __future__ import annotations

from typing import Literal, assert_never

from desktopauth.core.state import (
    AnotherPerson,
    AuthState,
    CodeWanted,
    Interrupted,
    PasswordForm,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
)

Name = Literal["restoring", "store", "sign_in", "sign_up", "code", "interrupted", "another", "home"]


def view_of(state: AuthState) -> Name:
    """Which view a state asks for."""
    match state.session:
        case Starting(expects_somebody=expects):
            return "restoring" if expects else "sign_in"
        case StoreWanted():
            return "store"
        case SignedIn():
            return "home"
        case SignedOut() | Interrupted():
            return _form_of(state)
        case _:
            assert_never(state.session)


def _form_of(state: AuthState) -> Name:
    """Nobody is in: the way in that is being tried. Over somebody's work it is the same way, with other words."""
    over_work = isinstance(state.session, Interrupted)
    match state.flow:
        case CodeWanted():
            return "code"
        case AnotherPerson():
            return "another" if over_work else "restoring"  # chosen, and on the way in
        case None | PasswordForm() if over_work:
            return "interrupted"
        case None | PasswordForm(purpose="sign_in"):
            return "sign_in"
        case PasswordForm():
            return "sign_up"
        case _:
            assert_never(state.flow)
