"""The new password: what goes with it, what is told before anything is sent, and that nothing of it stays."""

from __future__ import annotations

import time

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.reduce import Asked, Cancelled, ProofWanted
from desktopauth.qt.views.new_password import NewPasswordView
from tests.canary import Canary
from tests.core.fakes import refused
from tests.qt.choosing import ADA, FORGOTTEN, SAVE, changing, not_taken, view
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.desk import desk
from tests.qt.screen import everything_in
from tests.qt.work import comes_back, cut_off, home
from tests.scenario import Run, until


@pytest.fixture
def password(canary: Canary) -> str:
    return canary.secret("new password")


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
            on.hear(Asked(), not_taken(ErrorKind.CODE_REFUSED))
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
            on.hear(Asked())
            assert (view(on).resend.text(), view(on).submit.text()) == ("Sending\N{HORIZONTAL ELLIPSIS}", SAVE)
            assert on.focus() == "Cancel"
            on.hear(ProofWanted("code", time.time() + 60))
            assert on.focus() == "code"
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


def test_a_forgotten_one_is_replaced_with_the_keyboard_alone(room: Room, run_qt: Run) -> None:
    weak = refused("update_user", "weak_password", ErrorKind.WEAK_PASSWORD, reasons=("length",))
    room.world.gateway.script.plan("update_user", weak)

    async def scenario() -> None:
        async with room.open():
            await room.hands.type_in(ADA.email)
            for _ in range(12):
                if room.focus() == "Forgot password?":
                    break
                await room.hands.key(TAB)
            await room.hands.key(ENTER)
            await until(lambda: room.focus() == "email")
            await room.hands.key(ENTER)
            await until(lambda: room.focus() == "code")
            await room.hands.type_in("123456")
            await room.hands.sees("Choose a new password")
            assert room.focus() == "new_password"
            await room.hands.type_in("12345678")
            await room.hands.key(ENTER)
            await room.hands.sees("at least 9 characters")
            assert room.focus() == "new_password"
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees("Hello, ada@example.com")
            assert not room.shows("Your password is changed."), "who comes in sees it"
            left = room.shell.findChild(NewPasswordView)
            assert isinstance(left, NewPasswordView)
            assert room.world.password not in everything_in(left)

    run_qt(scenario)


def test_who_gives_up_a_forgotten_one_is_back_at_the_form(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await room.hands.type_in(ADA.email)
            await room.hands.press("Forgot password?")
            await until(lambda: room.focus() == "email")
            await room.hands.key(ENTER)
            await until(lambda: room.focus() == "code")
            await room.hands.type_in("123456")
            await room.hands.sees("If you cancel, nothing is changed")
            await room.hands.key(ESCAPE)
            await room.hands.sees("Welcome")
            assert room.world.gateway.count("update_user") == 0

    run_qt(scenario)


def test_a_session_that_ends_meanwhile_asks_them_in_again_and_keeps_the_work(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.type_in("half a note")
            await room.hands.press("Account")
            await room.hands.press("Change password")
            await until(lambda: room.focus() == "new_password")
            await room.hands.type_in("half a password")
            await cut_off(room)
            await room.hands.sees("Your work is still here")
            left = room.shell.findChild(NewPasswordView)
            assert isinstance(left, NewPasswordView)
            assert "half a password" not in everything_in(left)
            await comes_back(room)
            assert home(room).notes.edit.text() == "half a note"
            assert room.focus() == "Change password"

    run_qt(scenario)
