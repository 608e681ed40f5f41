"""The new password: what is told before anything is sent and after it was refused, and that nothing of it stays."""

from __future__ import annotations

import time

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.reduce import Asked, Cancelled, Failed
from desktopauth.core.state import AuthState, Health, NewPassword, SignedIn, SignedOut
from desktopauth.qt.style import style_sheet
from desktopauth.qt.views.new_password import NewPasswordView
from tests.canary import Canary
from tests.qt.choosing import ADA, FORGOTTEN, SAVE, changing, not_taken, view
from tests.qt.conftest import ENTER
from tests.qt.desk import desk
from tests.qt.screen import everything_in
from tests.scenario import Run, settled


@pytest.fixture
def password(canary: Canary) -> str:
    return canary.secret("new password")


@pytest.mark.parametrize(("written", "over"), [("x" * 73, "one character"), ("ä" * 40, "4 characters")])
def test_longer_than_the_server_takes_is_told_while_typing_and_not_sent(run_qt: Run, written: str, over: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            view(on).password.edit.setText(written)
            await on.hands.sees(f"Leave out {over}.")
            await on.hands.press(SAVE)
            assert on.commands.heard == []
            assert on.focus() == "new_password"
            view(on).password.edit.setText(written[:36])
            assert not on.shows("Leave out")
            await on.hands.press(SAVE)
            assert len(on.commands.heard) == 1

    run_qt(scenario)


@pytest.mark.parametrize(
    ("facts", "old", "new", "words"),
    [
        ({}, "", "", "Enter a new password."),
        ({"proof": "current_password"}, "", "x", "Enter your current password."),
        ({"proof": "current_password"}, "x", "", "Enter a new password."),
        ({"proof": "code"}, "12345", "x", "Enter the six digits."),
    ],
)
def test_what_is_missing_is_told_by_its_field_before_anything_is_sent(
    run_qt: Run, facts: dict[str, str], old: str, new: str, words: str
) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(**facts)) as on:
            for field in (view(on).current, view(on).code):
                field.edit.setText(old)
            view(on).password.edit.setText(new)
            await on.hands.press(SAVE)
            await on.hands.sees(words)
            faulty = on.focusWidget()
            assert isinstance(faulty, QLineEdit)
            assert faulty.accessibleDescription() == words
            assert on.commands.heard == []

    run_qt(scenario)


@pytest.mark.parametrize(
    ("kind", "facts", "field"),
    [
        (ErrorKind.WEAK_PASSWORD, {}, "new_password"),
        (ErrorKind.SAME_PASSWORD, {}, "new_password"),
        (ErrorKind.CURRENT_PASSWORD_WRONG, {"proof": "current_password"}, "current_password"),
        (ErrorKind.CODE_REFUSED, {"proof": "code"}, "code"),
        (ErrorKind.OFFLINE, {}, "new_password"),
        (ErrorKind.SERVER, {"proof": "code"}, "new_password"),
    ],
)
def test_what_was_refused_is_told_where_the_person_goes_on(
    run_qt: Run, password: str, kind: ErrorKind, facts: dict[str, str], field: str
) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(**facts)) as on:
            view(on).current.edit.setText("the old one")
            view(on).code.edit.setText("123456")
            view(on).password.edit.setText(password)
            await on.hands.press(SAVE)
            on.hear(Asked(), not_taken(kind))
            assert on.focus() == field
            assert view(on).password.value() == password, "a refused try costs no typing"
            assert view(on).submit.isEnabled()
            before = len(on.hands.texts())
            on.hear(Asked())
            assert len(on.hands.texts()) < before, "and the next try begins without it"

    run_qt(scenario)


def test_a_weak_one_is_told_as_a_list_that_ticks_off(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            await on.hands.sees("A good one has:")
            await on.hands.type_in("letmein99")
            await on.hands.key(ENTER)
            on.hear(Asked(), not_taken(ErrorKind.WEAK_PASSWORD, reasons=("length", "pwned")))
            await on.hands.sees("Choose a stronger password")
            await on.hands.sees("This is asked for here:")
            await on.hands.sees("\N{WHITE CIRCLE}  at least 10 characters")
            await on.hands.sees("\N{WHITE CIRCLE}  another one: this was leaked")
            assert not on.shows("a digit")
            await on.hands.type_in("letmein999")
            assert not on.shows("Choose a stronger password")
            await on.hands.sees("\N{CHECK MARK}  at least 10 characters")
            assert view(on).password.edit.accessibleDescription() == "Not yet: another one: this was leaked."
            on.state = AuthState(SignedOut(code="x"), on.state.flow)
            on.hear()
            await on.hands.sees("\N{CHECK MARK}  at least 10 characters")
            assert not on.shows("Choose a stronger password"), "an old answer says nothing about what was typed since"

    run_qt(scenario)


def test_a_server_that_names_its_seconds_is_given_them(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            await on.hands.type_in(password)
            await on.hands.key(ENTER)
            limited = Problem(ErrorKind.RATE_LIMITED, "update_user", retry_after=17.0)
            on.hear(Asked(), Failed(limited, time.time() + 17))
            await on.hands.sees("Try again in 17 s")
            await on.hands.key(ENTER)
            assert len(on.commands.heard) == 1
            assert view(on).cancel.isEnabled()

    run_qt(scenario)


def test_nothing_of_it_stays_when_the_view_goes(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="current_password")) as on:
            await on.hands.fill("Current password", "the old one")
            await on.hands.fill("New password", password)
            view(on).password._eye.click()
            await on.hands.key(ENTER)
            on.hear(Asked(), not_taken(ErrorKind.WEAK_PASSWORD, reasons=("length",)))
            on.card.leave()
            left = everything_in(on.card)
            assert password not in left
            assert "the old one" not in left
            assert ADA.email not in left
            assert view(on).password.edit.echoMode() == QLineEdit.EchoMode.Password
            on.hear(Cancelled())
            on.card.show_state(FORGOTTEN)
            on.card.enter()
            await on.hands.sees("A good one has:")
            assert not on.shows("Choose a stronger")
            assert view(on).submit.isEnabled()

    run_qt(scenario)


def test_what_changes_around_it_leaves_what_was_typed(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing()) as on:
            await on.hands.type_in(password)
            on.state = AuthState(SignedIn(ADA, Health(clock_off=True)), on.state.flow)
            on.hear()
            assert view(on).password.value() == password
            assert on.focus() == "new_password"

    run_qt(scenario)


@pytest.mark.parametrize("proof", ["none", "current_password", "code"])
def test_an_address_of_any_length_leaves_everything_within_reach_in_a_narrow_window(run_qt: Run, proof: str) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)

    async def scenario() -> None:
        long = NewPassword(f"{'a' * 60}@{'b' * 60}.test", proof=proof)  # type: ignore[arg-type]
        async with desk(NewPasswordView, AuthState(SignedIn(ADA), long)) as on:
            on.setStyleSheet(style_sheet(app))
            on.resize(360, 620)
            await settled()
            assert on.width() == 360
            for part in (view(on).password, view(on).submit, view(on).cancel, view(on).notice, view(on).subtitle):
                right = part.mapTo(on, part.rect().topRight()).x()
                assert right < 360 or not part.isVisible(), part.objectName()

    run_qt(scenario)
