"""Asked in again and back by any door: the work is as it was left, to the last letter."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtWidgets import QWidget

from desktopauth.core.errors import ErrorKind
from desktopauth.core.state import CodeWanted, Interrupted, PasswordForm
from tests.core.fakes import Gate, refused
from tests.qt.conftest import ENTER, ESCAPE, Room
from tests.qt.screen import everything_in
from tests.qt.work import MANY, comes_back, cut_off, form, home, may_type, writing
from tests.scenario import Run, settled, until


def test_afterwards_all_is_as_it_was_left(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room, "milk and eggs"):
            notes = home(room).notes
            widgets = [id(widget) for widget in home(room).findChildren(QWidget)]
            notes.list.setCurrentRow(2)  # far above what is looked at
            notes.list.verticalScrollBar().setValue(37)
            notes.edit.setSelection(8, -3)
            scrolled = notes.list.verticalScrollBar().value()
            assert scrolled > 0
            await cut_off(room)
            reads = notes._reads
            await comes_back(room)
            await until(lambda: notes._reads > reads, what="the list read again")
            assert notes.edit.text() == "milk and eggs"
            assert (notes.edit.selectedText(), notes.edit.cursorPosition()) == ("and", 5)
            assert notes.list.verticalScrollBar().value() == scrolled
            assert notes.list.currentRow() == 2
            assert room.focus() == "note"
            assert widgets == [id(widget) for widget in home(room).findChildren(QWidget)]
            notes.edit.undo()
            assert notes.edit.text() != "milk and eggs", "what was typed can still be undone"

    run_qt(scenario)


@pytest.mark.parametrize("where", ["notes", "events", "sign_out", "primary"])
def test_the_focus_is_back_where_it_was(room: Room, run_qt: Run, where: str) -> None:
    async def scenario() -> None:
        async with writing(room):
            before = home(room).findChild(QWidget, where)
            assert isinstance(before, QWidget)
            before.setFocus()
            await cut_off(room)
            await comes_back(room)
            assert room.shell.focusWidget() is before

    run_qt(scenario)


def test_what_has_happened_meanwhile_is_in_the_list_and_the_line_is_left_alone(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            room.notes.bodies.append("from the telephone")
            await comes_back(room)
            notes = home(room).notes
            await room.hands.until(lambda: notes.list.count() == len(MANY) + 1, "the note from elsewhere")
            assert notes.edit.text() == "milk"
            await room.hands.key(ENTER)
            await room.hands.until(lambda: room.notes.bodies[-1] == "milk", "the note sent")
            assert notes.edit.text() == ""

    run_qt(scenario)


def test_a_list_that_is_older_than_what_was_just_written_does_not_hide_it(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with writing(room):
            notes, read, gate = home(room).notes, room.notes.read, Gate(list(MANY))
            monkeypatch.setattr(room.notes, "read", gate.passed)
            notes.refresh()
            await gate.reached.wait()
            await room.hands.key(ENTER)
            await room.hands.until(lambda: notes.list.count() == len(MANY) + 1, "the note sent")
            monkeypatch.setattr(room.notes, "read", read)
            gate.open()
            await settled()
            assert notes.list.item(len(MANY)).text() == "milk"

    run_qt(scenario)


def test_what_could_not_be_sent_any_more_is_still_in_the_line_without_yesterdays_complaint(
    room: Room, run_qt: Run
) -> None:
    async def scenario() -> None:
        async with writing(room):
            room.notes.held = asyncio.Event()
            await room.hands.key(ENTER)
            await cut_off(room)
            room.notes.problem = refused("notes", "", ErrorKind.SESSION_ENDED)
            room.notes.held.set()
            await settled()
            room.notes.problem = None
            await comes_back(room)
            assert home(room).notes.edit.text() == "milk"
            assert not room.shows("Your session ended")
            await room.hands.key(ENTER)
            await room.hands.until(lambda: room.notes.bodies[-1] == "milk", "the note sent")

    run_qt(scenario)


def test_a_note_that_got_through_while_the_list_was_read_again_stands_there_once(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            notes = home(room).notes
            room.notes.held = asyncio.Event()
            await room.hands.key(ENTER)
            await settled()
            room.notes.bodies.append("milk")  # the server has it, and we do not know yet
            notes.refresh()
            await room.hands.until(lambda: notes.list.count() == len(MANY) + 1, "the list as the server has it")
            room.notes.bodies.pop()
            room.notes.held.set()
            await room.hands.until(lambda: notes.edit.text() == "", "the note sent")
            await settled()
            assert [notes.list.item(row).text() for row in range(notes.list.count())] == [*MANY, "milk"]

    run_qt(scenario)


def test_a_wrong_password_is_said_by_its_field_and_the_work_is_still_there(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await may_type(room)
            room.world.gateway.script.plan(
                "sign_in", refused("sign_in", "invalid_credentials", ErrorKind.BAD_CREDENTIALS)
            )
            await room.hands.type_in("wrong")
            await room.hands.key(ENTER)
            await room.hands.sees("don't match")
            await comes_back(room)
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


def test_escape_takes_back_a_sign_in_that_takes_too_long(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await may_type(room)
            room.world.gateway.script.plan("sign_in", gate := Gate())
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await gate.reached.wait()
            assert not form(room).other.isEnabled()
            await room.hands.key(ESCAPE)
            await settled()
            assert form(room).submit.isEnabled()
            assert isinstance(room.world.who(), Interrupted)
            gate.open()
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="the late session revoked")

    run_qt(scenario)


def test_by_the_code_of_an_address_that_was_never_confirmed(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            await may_type(room)
            unconfirmed = refused("sign_in", "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED)
            room.world.gateway.script.plan("sign_in", unconfirmed, unconfirmed)
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees("We sent a code to ada@example.com.")
            await room.hands.key(ESCAPE)
            await room.hands.sees("Sign in again")
            assert isinstance(room.world.flow(), PasswordForm)
            await may_type(room)
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees("We sent a code")
            assert isinstance(room.world.flow(), CodeWanted)
            assert room.focus() == "code"
            view = room.shell.view()
            await room.hands.type_in("123456")
            await room.hands.sees("Hello, ada@example.com")
            assert home(room).notes.edit.text() == "milk"
            assert room.focus() == "note"
            assert "ada" not in everything_in(view)

    run_qt(scenario)


def test_who_came_back_in_another_copy_of_the_app_is_back_here_too(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            room.world.vault.put(room.world.session("s2"))
            room.world.auth_now.nudge()
            await room.hands.sees("Hello, ada@example.com")
            assert home(room).notes.edit.text() == "milk"
            assert room.focus() == "note"

    run_qt(scenario)


def test_it_can_end_twice(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            for _ in range(2):
                await cut_off(room)
                await comes_back(room)
                assert home(room).notes.edit.text() == "milk"
                assert room.focus() == "note"
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            assert home(room).notes.edit.text() == ""

    run_qt(scenario)


def test_a_window_that_was_made_narrow_meanwhile_keeps_the_work_too(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            room.shell.resize(420, 620)
            await comes_back(room)
            assert home(room).notes.edit.text() == "milk"
            assert home(room).notes.edit.isVisible()

    run_qt(scenario)
