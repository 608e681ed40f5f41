"""Somebody is called what others would take for markup: it stands there as they wrote it, in every view there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QTextEdit, QWidget

from desktopauth.core.models import User
from desktopauth.core.state import (
    AddressForm,
    AnotherPerson,
    AuthState,
    BrowserWait,
    CodeWanted,
    Interrupted,
    PasswordForm,
    SignedIn,
    Starting,
)
from desktopauth.qt.choice import Name
from tests.qt.conftest import Room
from tests.qt.people import EVIL, open_account, person
from tests.qt.test_shell import TABLE
from tests.scenario import Run, settled

MAIL = f"{EVIL}@evil.test"
IDENTITIES = [{"provider": f"custom:{EVIL}", "identity_data": {"email": MAIL, "user_name": EVIL}}]
MALLORY = person("mallory", MAIL, user_metadata={"full_name": EVIL, "name": EVIL}, identities=IDENTITIES)
TRUDY = User("trudy", f"trudy-{MAIL}", MALLORY.facts)
# what a view says of the person in words of its own; others have the address in a field, or say nothing of anybody
NAMED: dict[Name, str] = {"home": EVIL, "code": MAIL, "another": MAIL, "browser_wait": EVIL}
TYPED: tuple[Name, ...] = ("sign_in", "sign_up", "address", "interrupted")


def theirs(state: AuthState) -> AuthState:
    """The same with these people in it."""
    session = state.session
    if isinstance(session, SignedIn | Interrupted):
        session = replace(session, user=MALLORY)
    match state.flow:
        case None:
            return AuthState(session)
        case AnotherPerson(busy=busy):
            return AuthState(session, AnotherPerson(TRUDY, busy=busy))
        case BrowserWait():
            return AuthState(session, BrowserWait(f"custom:{EVIL}", "https://evil.test", 0.0, busy=False, email=MAIL))
        case flow if hasattr(flow, "email"):
            return AuthState(session, replace(flow, email=MAIL))
        case flow:
            return AuthState(session, flow)


def readable(room: Room) -> str:
    """All that can be read, without the places to break that long addresses are given."""
    return "\n".join(room.hands.texts()).replace("\N{ZERO WIDTH SPACE}", "").replace("&&", "&")


def read_as_markup(room: Room) -> list[str]:
    """Where Qt would take words for markup, or guess whether they are; what is hidden now counts as well."""
    guessed = [label.text() for label in room.shell.findChildren(QLabel) if label.textFormat().name != "PlainText"]
    guessed += [each.objectName() for each in room.shell.findChildren(QTextEdit)]
    for widget in [room.shell, *room.shell.findChildren(QWidget)]:
        guessed += [tip for tip in (widget.toolTip(), widget.whatsThis(), widget.statusTip()) if "<" in tip]
    return guessed


@pytest.mark.parametrize(("state", "name"), TABLE, ids=[f"{index} {name}" for index, (_, name) in enumerate(TABLE)])
def test_a_person_who_looks_like_markup_is_text_in_every_view(
    room: Room, run_qt: Run, state: AuthState, name: Name
) -> None:
    async def scenario() -> None:
        async with room.signed_in(MALLORY):
            await room.hands.sees(f"Hello, {EVIL}")
            if not isinstance(state.session, Starting):
                room.shell.show_state(theirs(state))
                await settled()
            assert read_as_markup(room) == []
            if name in NAMED:
                assert NAMED[name] in readable(room)
            if name in TYPED and isinstance(state.flow, PasswordForm | AddressForm):
                assert MAIL in [each.text() for each in room.hands._visible(QLineEdit)]

    run_qt(scenario)


@pytest.mark.parametrize("purpose", ["sign_in", "confirm", "recovery", "email_change"])
def test_so_it_is_for_each_purpose_of_a_code(room: Room, run_qt: Run, purpose: Any) -> None:
    async def scenario() -> None:
        async with room.signed_in(MALLORY):
            session = theirs(TABLE[9][0]).session
            room.shell.show_state(AuthState(session, CodeWanted(MAIL, purpose, 0.0)))
            await settled()
            assert MAIL in readable(room)
            assert read_as_markup(room) == []

    run_qt(scenario)


def test_so_it_is_in_the_account_and_in_what_the_window_tells(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in(MALLORY):
            await open_account(room)
            assert readable(room).count(EVIL) >= 2
            assert read_as_markup(room) == []
            room.shell.tell(EVIL)
            room.shell.refuse(EVIL)
            await settled()
            assert EVIL in readable(room)
            assert read_as_markup(room) == []

    run_qt(scenario)
