"""Somebody before the card that asks for a new password."""

from __future__ import annotations

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.models import User
from desktopauth.core.reduce import Failed
from desktopauth.core.state import AuthState, NewPassword, SignedIn, SignedOut
from desktopauth.qt.views.new_password import NewPasswordView
from tests.qt.desk import Desk

ADA = User("ada", "ada@example.com")
FORGOTTEN = AuthState(SignedOut(), NewPassword(ADA.email, forgotten=True))
SAVE = "Save the new password"


def changing(**facts: object) -> AuthState:
    return AuthState(SignedIn(ADA), NewPassword(ADA.email, **facts))  # type: ignore[arg-type]


def not_taken(kind: ErrorKind, **facts: object) -> Failed:
    return Failed(Problem(kind, "update_user", **facts))  # type: ignore[arg-type]


def view(on: Desk) -> NewPasswordView:
    assert isinstance(on.card, NewPasswordView)
    return on.card
