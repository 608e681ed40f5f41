"""The code view: however the six digits come in, they are sent once; another mail may be asked for when it is time."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from desktopauth.core.errors import ErrorKind
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.qt.views.code import CodeView
from tests.core.fakes import Gate, refused
from tests.qt.conftest import ENTER, ESCAPE, Room
from tests.scenario import Run, settled, until

WRONG = refused("verify", "otp_expired", ErrorKind.CODE_REFUSED)


def view(room: Room) -> CodeView:
    found = room.shell.view()
    assert isinstance(found, CodeView)
    return found


def sent(room: Room) -> list[str]:
    return [call.arguments[1] for call in room.world.gateway.named("verify")]


async def paste(room: Room, words: str) -> None:
    QGuiApplication.clipboard().setText(words)
    from PySide6.QtCore import Qt

    await room.hands.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize(
    "words",
    [
        "123456",
        "123 456",
        "123-456",
        " 123456\n",
        "Your code is 123456",
        "Your code is 123456. It is good for 60 minutes.",
        "In 2026: your code is 123456",
        "1 2 3 4 5 6",
    ],
)
def test_whatever_is_pasted_its_six_digits_are_sent_once(room: Room, run_qt: Run, words: str) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            assert room.focus() == "code"
            await paste(room, words)
            await room.hands.sees("Hello, ada@example.com")
            assert sent(room) == ["123456"]

    run_qt(scenario)


@pytest.mark.parametrize("words", ["12345", "Your code is", "abc", ""])
def test_what_is_no_whole_code_is_not_sent(room: Room, run_qt: Run, words: str) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await paste(room, words)
            await settled()
            assert sent(room) == []
            assert view(room).code.value() == "".join(letter for letter in words if letter.isdigit())

    run_qt(scenario)


def test_only_digits_are_taken_and_the_sixth_sends_them(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await room.hands.type_in("1a2b3c4d5")
            assert view(room).code.value() == "12345"
            assert sent(room) == []
            await room.hands.type_in("6")
            await room.hands.sees("Hello")
            assert sent(room) == ["123456"]

    run_qt(scenario)


def test_enter_right_behind_the_last_digit_sends_nothing_twice(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            edit = view(room).code.edit
            edit.setText("123456")
            edit.textEdited.emit("123456")
            edit.returnPressed.emit()  # before any task had a turn
            view(room).submit.click()
            await room.hands.sees("Hello")
            assert sent(room) == ["123456"]

    run_qt(scenario)


def test_a_wrong_code_is_told_by_its_field_and_another_may_follow(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.gateway.script.plan("verify", WRONG)
            await room.hands.type_in("111111")
            await room.hands.sees("That code is wrong or has expired.")
            assert view(room).code.edit.accessibleDescription()
            assert room.focus() == "code"
            assert view(room).code.edit.selectedText() == "111111", "the next digit replaces the wrong code"
            await settled()
            assert sent(room) == ["111111"], "a wrong code is not sent again by itself"
            await room.hands.type_in("222222")
            await room.hands.sees("Hello")
            assert sent(room) == ["111111", "222222"]

    run_qt(scenario)


def test_the_same_wrong_code_goes_out_again_when_it_is_asked_for(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.gateway.script.plan("verify", WRONG)
            await room.hands.type_in("111111")
            await room.hands.sees("That code is wrong or has expired.")
            await room.hands.key(ENTER)
            await room.hands.sees("Hello")
            assert sent(room) == ["111111", "111111"]

    run_qt(scenario)


def test_while_a_code_is_checked_only_cancel_works_and_it_does(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            gate = Gate()
            room.world.gateway.script.plan("verify", gate)
            await room.hands.type_in("123456")
            await gate.reached.wait()
            room.world.clock.advance(RESEND_PAUSE)
            await settled()
            code = view(room)
            off = [code.code, code.submit, code.resend]
            assert [part.isEnabled() for part in off] == [False] * 3
            assert code.cancel.isEnabled()
            await room.hands.press("Cancel")
            await room.hands.until(code.code.isEnabled, "the field, free again")
            assert isinstance(room.shell.view(), CodeView), "one step back, not two"
            gate.open()
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="the late session revoked")
            assert isinstance(room.shell.view(), CodeView)

    run_qt(scenario)


@pytest.mark.parametrize("back", ["press", "escape"])
def test_who_mistyped_the_address_goes_back_to_the_form(room: Room, run_qt: Run, back: str) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await (room.hands.press("Use another email") if back == "press" else room.hands.key(ESCAPE))
            await room.hands.sees("confirm your email")

    run_qt(scenario)


def test_another_mail_may_be_asked_for_when_its_time_has_come_and_not_before(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            resend = view(room).resend
            assert not resend.isEnabled()
            assert resend.text() == "Send another code in 60 s"
            room.world.clock.advance(RESEND_PAUSE - 1)
            await room.hands.sees("Send another code in 1 s")
            assert not resend.isEnabled()
            room.world.clock.advance(1)
            await room.hands.press("Send another code")
            await room.hands.sees("Send another code in 60 s")
            assert room.world.gateway.count("resend") == 1
            assert room.focus() == "code"

    run_qt(scenario)


def test_resend_pressed_twice_asks_once(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.clock.advance(RESEND_PAUSE)
            await room.hands.sees("Send another code")
            await room.hands.until(view(room).resend.isEnabled, "Resend")
            view(room).resend.click()
            view(room).resend.click()
            await room.hands.sees("Send another code in 60 s")
            assert room.world.gateway.count("resend") == 1

    run_qt(scenario)


def test_a_server_that_names_its_seconds_sets_the_countdown(room: Room, run_qt: Run) -> None:
    too_soon = refused("resend", "over_email_send_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=17.0)

    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.clock.advance(RESEND_PAUSE)
            room.world.gateway.script.plan("resend", too_soon)
            await room.hands.press("Send another code")
            await room.hands.sees("Too many tries for now.")
            await room.hands.sees("Send another code in 17 s")

    run_qt(scenario)


def test_the_mailbox_line_is_for_this_address_alone(room: Room, run_qt: Run) -> None:
    room.mails["somebody.else@example.com"] = "654321"

    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await settled()
            assert not room.shows("654321")
            assert not room.shows("mailbox")
            room.mails["ada@example.com"] = "123456"
            await room.hands.sees("Your demo mailbox says 123456")

    run_qt(scenario)


def test_a_code_typed_before_is_gone_when_the_view_comes_back(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await room.hands.type_in("12345")
            await room.hands.press("Use another email")
            await room.hands.sees("confirm your email")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Create account")
            await room.hands.sees("We sent a code")
            assert view(room).code.value() == ""

    run_qt(scenario)


def test_a_code_view_that_was_left_counts_no_more(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            code = view(room)
            assert code._second.isActive()
            await room.hands.type_in("123456")
            await room.hands.sees("Hello")
            assert not code._second.isActive()

    run_qt(scenario)
