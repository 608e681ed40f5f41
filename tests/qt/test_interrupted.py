"""The session ends over somebody's work: it is out of sight and out of reach until they are back, then as it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.ports import Unsaved
from desktopauth.core.state import Interrupted, Reason, SignedOut
from desktopauth.qt.views import interrupted as interrupted_module
from tests.core.conftest import ADA
from tests.qt.conftest import ENTER, TAB, Room
from tests.qt.screen import everything_in
from tests.qt.work import GIVE_UP, MANY, comes_back, cut_off, form, home, may_type, writing
from tests.scenario import Run, settled


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("session_not_found", "You were signed out from another place. Sign in again."),
        ("session_expired", "Your session ended. Sign in again."),
        ("user_banned", "This account is suspended."),
    ],
)
def test_it_says_why_and_who_is_asked(room: Room, run_qt: Run, code: str, words: str) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room, code)
            await room.hands.sees(words)
            assert room.shows("Your work is still here")
            assert form(room).email.value() == ADA.email
            assert words in form(room).accessibleName()
            assert ADA.email not in form(room).accessibleName()
            await may_type(room)

    run_qt(scenario)


def test_it_covers_the_whole_window_and_nothing_of_the_work_can_be_seen(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            assert form(room).geometry() == room.shell.rect()
            assert not home(room).isVisible()
            assert not any(child.isVisible() for child in home(room).findChildren(QWidget))
            assert not any("note" in text or "Hello" in text for text in room.hands.texts())
            blank = room.shell.grab().toImage()
            home(room).notes.list.clear()
            home(room).who.clear()
            assert room.shell.grab().toImage() == blank, "what lies beneath does not shine through"

    run_qt(scenario)


def test_no_key_and_no_click_reaches_what_lies_beneath(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            beneath = home(room)
            spot = beneath.notes.add.mapTo(room.shell, beneath.notes.add.rect().center())
            await cut_off(room)
            await may_type(room)
            for _ in range(15):
                await room.hands.key(TAB)
                assert room.shell.focusWidget() is not None
                assert not beneath.isAncestorOf(room.shell.focusWidget())
            QTest.mouseClick(room.shell.windowHandle(), Qt.MouseButton.LeftButton, pos=spot)
            for key in (Qt.Key.Key_A, Qt.Key.Key_N, Qt.Key.Key_S):
                await room.hands.key(key, Qt.KeyboardModifier.AltModifier)
            await settled()
            assert room.notes.bodies == MANY
            assert beneath.notes.edit.text() == "milk"

    run_qt(scenario)


def test_what_hands_are_still_typing_is_neither_taken_for_a_password_nor_sent(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupted_module, "_BREATH", 60_000)

    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await room.hands.type_in(" and a secret")
            await room.hands.key(ENTER)
            await settled()
            assert form(room).password.value() == ""
            assert form(room).email.value() == ADA.email
            assert room.world.gateway.count("sign_in") == 0
            assert home(room).notes.edit.text() == "milk"
            form(room)._breath.timeout.emit()
            assert room.focus() == "password"

    run_qt(scenario)


def test_who_moves_on_before_the_pause_is_not_called_back(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupted_module, "_BREATH", 60_000)

    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await room.hands.key(TAB)
            assert room.focus() == "email"
            form(room)._breath.timeout.emit()
            assert room.focus() == "email"

    run_qt(scenario)


def test_an_open_menu_of_the_work_goes_with_it(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            menu = home(room).sign_out.menu
            menu.popup(room.shell.mapToGlobal(room.shell.rect().center()))
            assert QApplication.activePopupWidget() is menu
            await cut_off(room)
            assert QApplication.activePopupWidget() is None

    run_qt(scenario)


def test_giving_up_leaves_nothing_of_it_even_to_undo(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await room.hands.press(GIVE_UP)
            await room.hands.sees("You're signed out.")
            assert room.world.who() == SignedOut(Reason.USER)
            assert room.world.names[-1] is AuthEvent.SIGNED_OUT
            left = everything_in(home(room))
            assert "Write a note" in left, "the walk sees what is there"
            assert not [words for words in ("ada", "milk", "note 7", "SESSION") if words in left]

    run_qt(scenario)


@pytest.mark.parametrize(("words", "stays"), [("milk", True), ("   ", False), ("", False)])
def test_a_sign_out_elsewhere_covers_open_work_and_else_just_signs_out(
    room: Room, run_qt: Run, words: str, stays: bool
) -> None:
    async def scenario() -> None:
        async with writing(room, words):
            room.world.vault.wipe()
            room.world.auth_now.nudge()
            await room.hands.sees("You signed out in another window.")
            if stays:
                assert isinstance(room.world.who(), Interrupted)
                await comes_back(room)
                assert home(room).notes.edit.text() == words
            else:
                assert room.world.who() == SignedOut(Reason.ELSEWHERE)
                assert room.shows("Welcome")

    run_qt(scenario)


def test_where_a_new_sign_in_could_not_be_saved_it_says_so_before(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.world.vault.script.plan("save", Unsaved(VaultProblem.DENIED))
            await room.hands.fill("Email", ADA.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            await cut_off(room)
            await room.hands.sees("Your system keyring said no to this app. You'll be signed out when you quit.")
            assert isinstance(room.world.who(), Interrupted)

    run_qt(scenario)
