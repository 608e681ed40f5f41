"""The new password: what goes with it, what is told before anything is sent, and that nothing of it stays."""

from __future__ import annotations

import time

import pytest
from PySide6.QtWidgets import QLineEdit

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.models import User
from desktopauth.core.reduce import Asked, Cancelled, Failed, ProofWanted
from desktopauth.core.state import AuthState, Health, NewPassword, SignedIn, SignedOut
from desktopauth.qt.views.new_password import NewPasswordView
from tests.canary import Canary
from tests.qt.conftest import ENTER, TAB
from tests.qt.desk import Desk, desk
from tests.qt.screen import everything_in
from tests.scenario import Run

ADA = User("ada", "ada@example.com")
FORGOTTEN = AuthState(SignedOut(), NewPassword(ADA.email, forgotten=True))
SAVE = "Save the new password"


def changing(**facts: object) -> AuthState:
    return AuthState(SignedIn(ADA), NewPassword(ADA.email, **facts))  # type: ignore[arg-type]


def refused(kind: ErrorKind, **facts: object) -> Failed:
    return Failed(Problem(kind, "update_user", **facts))  # type: ignore[arg-type]


@pytest.fixture
def password(canary: Canary) -> str:
    return canary.secret("new password")


def view(on: Desk) -> NewPasswordView:
    assert isinstance(on.card, NewPasswordView)
    return on.card


def test_who_has_forgotten_theirs_chooses_another_with_the_keyboard_alone(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            await on.hands.sees("Choose a new password")
            await on.hands.sees("For ada@example.com.")
            assert on.focus() == "new_password"
            await on.hands.type_in(password)
            await on.hands.key(ENTER)
            assert on.commands.heard == [("set_password", password, "")]
            assert on.shows("Saving\N{HORIZONTAL ELLIPSIS}")

    run_qt(scenario)


def test_before_they_cancel_it_says_that_nothing_is_changed_by_it(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            await on.hands.sees("If you cancel, nothing is changed: your old password stays as it is.")
            await on.hands.press("Cancel")
            assert on.commands.heard == [("cancel",)]
        async with desk(NewPasswordView, changing()) as on:
            await on.hands.sees("Change your password")
            assert not on.shows("If you cancel")

    run_qt(scenario)


@pytest.mark.parametrize(
    ("proof", "field", "typed"),
    [("current_password", "current_password", "the old one "), ("code", "code", "123456")],
)
def test_what_the_server_wants_beside_it_is_asked_for_and_what_was_typed_stays(
    run_qt: Run, password: str, proof: str, field: str, typed: str
) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing()) as on:
            await on.hands.type_in(password)
            await on.hands.key(ENTER)
            on.hear(Asked(), ProofWanted(proof))  # type: ignore[arg-type]
            await on.hands.sees("So that nobody but you can do this")
            assert on.focus() == field
            await on.hands.type_in(typed)
            if proof == "current_password":
                await on.hands.key(ENTER)
            assert on.commands.heard == [("set_password", password, ""), ("set_password", password, typed)]

    run_qt(scenario)


def test_asked_for_at_once_the_proof_comes_first(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="current_password")) as on:
            assert on.focus() == "current_password"
            await on.hands.type_in("the old one")
            await on.hands.key(ENTER)
            assert on.focus() == "new_password"
            await on.hands.type_in(password)
            await on.hands.key(ENTER)
            assert on.commands.heard == [("set_password", password, "the old one")]

    run_qt(scenario)


@pytest.mark.parametrize("pasted", ["123456", "123 456", "Your code is 123-456.", "12 34 56"])
def test_a_pasted_code_sends_itself_once(run_qt: Run, password: str, pasted: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="code")) as on:
            await on.hands.fill("New password", password)
            await on.hands.fill("Six-digit code", "")
            view(on).code.edit.insert(pasted)  # as a paste is: in one piece
            view(on).code.edit.textEdited.emit(pasted)
            assert on.commands.heard == [("set_password", password, "123456")]
            on.hear(Asked(), refused(ErrorKind.CODE_REFUSED))
            await on.hands.sees("That code is wrong or has expired.")
            assert on.focus() == "code"
            view(on).code.edit.textEdited.emit("123456")
            assert len(on.commands.heard) == 1, "the same one is not tried again by itself"

    run_qt(scenario)


def test_a_whole_code_without_a_password_goes_on_to_the_password(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="code")) as on:
            assert on.focus() == "code"
            await on.hands.type_in("123456")
            assert on.focus() == "new_password"
            assert on.commands.heard == []

    run_qt(scenario)


def test_another_code_may_be_asked_for_when_its_time_has_come(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="code", resend_at=time.time() + 42)) as on:
            await on.hands.sees("Send another code in 42 s")
            assert not view(on).resend.isEnabled()
            on.hear(ProofWanted("code", time.time() - 1))
            view(on).code.edit.setText("12345")
            view(on).resend.click()
            view(on).resend.click()
            assert on.commands.heard == [("resend",)]
            assert view(on).code.value() == ""
            assert on.focus() == "code"
            on.hear(Asked(), ProofWanted("code", time.time() + 60))
            assert view(on).resend.text() == "Send another code in 60 s"

    run_qt(scenario)


@pytest.mark.parametrize(
    "written", ["  blanks on both sides  ", "e\N{COMBINING ACUTE ACCENT}\ufb01\u00a0\u3000한글", "x" * 72]
)
def test_it_goes_out_as_it_was_typed(run_qt: Run, written: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            view(on).password.edit.setText(written)
            await on.hands.press(SAVE)
            assert on.commands.heard == [("set_password", written, "")]

    run_qt(scenario)


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
            on.hear(Asked(), refused(kind))
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
            on.hear(Asked(), refused(ErrorKind.WEAK_PASSWORD, reasons=("length", "pwned")))
            await on.hands.sees("Choose a stronger password")
            await on.hands.sees("This is asked for here:")
            await on.hands.sees("\N{WHITE CIRCLE}  at least 10 characters")
            await on.hands.sees("\N{WHITE CIRCLE}  another one: this was leaked")
            assert not on.shows("a digit")
            await on.hands.type_in("letmein999")
            assert not on.shows("Choose a stronger password")
            await on.hands.sees("\N{CHECK MARK}  at least 10 characters")
            on.state = AuthState(SignedOut(code="x"), on.state.flow)
            on.hear()
            await on.hands.sees("\N{CHECK MARK}  at least 10 characters")
            assert not on.shows("Choose a stronger password"), "an old answer says nothing about what was typed since"

    run_qt(scenario)


def test_while_it_is_busy_everything_but_cancel_is_disabled_and_cancel_works(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="code", resend_at=1.0)) as on:
            view(on).code.edit.setText("123456")
            await on.hands.fill("New password", password)
            await on.hands.key(ENTER)
            on.hear(Asked())
            off = [*view(on).fields, view(on).submit, view(on).resend]
            assert [part.isEnabled() for part in off] == [False] * 5
            assert on.focus() == "Cancel"
            await on.hands.key(ENTER)
            on.hear(Cancelled())
            assert [part.isEnabled() for part in off] == [True] * 5
            assert on.commands.heard == [("set_password", password, "123456"), ("cancel",)]
            assert on.focus() == "new_password"
            assert view(on).password.value() == password, "a cancelled try costs no typing"

    run_qt(scenario)


def test_enter_pressed_twice_asks_once(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, FORGOTTEN) as on:
            view(on).password.edit.setText(password)
            view(on).password.submitted.emit()
            view(on).password.submitted.emit()
            assert len(on.commands.heard) == 1

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


def test_tab_goes_through_it_in_the_order_of_the_eye_and_can_show_what_was_typed(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="current_password")) as on:
            passed = []
            for _ in range(6):
                passed.append(on.focus())
                await on.hands.key(TAB)
            assert passed == ["current_password", "Show", "new_password", "Show", SAVE, "Cancel"]
            await on.hands.fill("New password", password)
            await on.hands.key(TAB)
            assert view(on).password.edit.displayText() != password
            await on.hands.key(ENTER)
            assert view(on).password.edit.displayText() == password
            assert on.focus() == "Hide"

    run_qt(scenario)


def test_nothing_of_it_stays_when_the_view_goes(run_qt: Run, password: str) -> None:
    async def scenario() -> None:
        async with desk(NewPasswordView, changing(proof="current_password")) as on:
            await on.hands.fill("Current password", "the old one")
            await on.hands.fill("New password", password)
            view(on).password._eye.click()
            await on.hands.key(ENTER)
            on.hear(Asked(), refused(ErrorKind.WEAK_PASSWORD, reasons=("length",)))
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
