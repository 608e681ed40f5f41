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

Name = Literal["restoring", "store", "sign_in", "sign_up", "code", "home"]


def view_of(state: AuthState) -> Name:
    """Which view a state asks for."""
    match state.session:
        case Starting(expects_somebody=expects):
            return "restoring" if expects else "sign_in"
        case StoreWanted():
            return "store"
        case SignedIn() | Interrupted():
            return "home"
        case SignedOut():
            return _form_of(state)
        case _:
            assert_never(state.session)


def _form_of(state: AuthState) -> Name:
    match state.flow:
        case None | PasswordForm(purpose="sign_in") | AnotherPerson():
            return "sign_in"
        case PasswordForm():
            return "sign_up"
        case CodeWanted():
            return "code"
        case _:
            assert_never(state.flow)
