"""What is asked of somebody who is signed in comes over their work, which is as they left it afterwards."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from desktopauth.core.models import User
from desktopauth.core.state import CodeWanted, Interrupted, NewEmail, NewPassword, SignedIn, SignedOut
from desktopauth.qt.views.code import CodeView
from tests.core.conftest import ADA
from tests.qt.conftest import ESCAPE, TAB, Room
from tests.qt.work import MANY, comes_back, cut_off, home, writing
from tests.scenario import Run, settled, until


async def ask(room: Room, what: str) -> None:
    """As the account panel does."""
    if what == "new_password":
        room.commands.open_new_password()
        await room.hands.sees("Change your password")
    else:
        room.commands.open_new_email()
        await room.hands.sees("Change your email")


@pytest.mark.parametrize("what", ["new_password", "new_email"])
@pytest.mark.parametrize("way", ["press", "escape"])
def test_cancel_leads_back_to_the_work_as_it_was_left(room: Room, run_qt: Run, what: str, way: str) -> None:
    async def scenario() -> None:
        async with writing(room):
            edit = home(room).notes.edit
            edit.setSelection(1, 2)
            await ask(room, what)
            assert not home(room).isVisible()
            assert not any(child.isVisible() for child in home(room).findChildren(QWidget))
            await (room.hands.press("Cancel") if way == "press" else room.hands.key(ESCAPE))
            await room.hands.sees("Hello, ada@example.com")
            assert (edit.text(), edit.selectedText(), room.focus()) == ("milk", "il", "note")
            assert edit.isUndoAvailable()
            assert [home(room).notes.list.item(row).text() for row in range(len(MANY))] == MANY
            assert room.world.flow() is None

    run_qt(scenario)


@pytest.mark.parametrize("what", ["new_password", "new_email"])
def test_no_key_reaches_what_lies_beneath(room: Room, run_qt: Run, what: str) -> None:
    async def scenario() -> None:
        async with writing(room):
            await ask(room, what)
            for _ in range(10):
                await room.hands.key(TAB)
                assert not home(room).isAncestorOf(room.shell.focusWidget())

    run_qt(scenario)


def test_two_codes_prove_a_new_address_one_after_the_other(room: Room, run_qt: Run) -> None:
    """The server says "accepted" to the first, and gives a session to the second."""
    new = "ada@new.example"

    async def scenario() -> None:
        async with writing(room):
            await ask(room, "new_email")
            room.world.gateway.script.plan("update_user", ADA)
            room.world.gateway.script.plan("verify", lambda: None)
            await room.hands.type_in(new)
            await room.hands.press("Send a code")
            await room.hands.sees(f"We sent a code to {new}.")
            assert room.shows("Back")
            await room.hands.type_in("111111")
            await room.hands.sees(f"We sent a code to {ADA.email}.")
            code = room.shell.view()
            assert isinstance(code, CodeView)
            assert code.code.value() == "", "the next one is asked for"
            assert room.focus() == "code"
            moved = User(ADA.id, new, {"id": ADA.id, "email": new})
            room.world.gateway.script.plan("verify", room.world.session(user=moved))
            await room.hands.type_in("222222")
            await room.hands.sees(f"Hello, {new}")
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


def test_back_from_the_code_leads_to_the_work(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await ask(room, "new_email")
            room.world.gateway.script.plan("update_user", ADA)
            await room.hands.type_in("ada@new.example")
            await room.hands.press("Send a code")
            await room.hands.sees("We sent a code to ada@new.example.")
            assert isinstance(room.world.flow(), CodeWanted)
            await room.hands.press("Back")
            await room.hands.sees("Hello, ada@example.com")
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


@pytest.mark.parametrize("what", ["new_password", "new_email"])
def test_a_session_that_ends_meanwhile_asks_them_in_again_over_the_same_work(
    room: Room, run_qt: Run, what: str
) -> None:
    async def scenario() -> None:
        async with writing(room):
            await ask(room, what)
            await cut_off(room)
            assert isinstance(room.world.who(), Interrupted)
            await comes_back(room)
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


def test_who_signs_out_elsewhere_meanwhile_leaves_nothing_here(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room, ""):
            await ask(room, "new_password")
            room.world.vault.wipe()
            room.world.auth_now.nudge()
            await room.hands.sees("You signed out in another window.")
            assert isinstance(room.world.who(), SignedOut)
            assert home(room).notes.list.count() == 0

    run_qt(scenario)


@pytest.mark.parametrize("kind", [NewPassword, NewEmail])
def test_the_flow_stays_when_the_session_is_refreshed_under_it(
    room: Room, run_qt: Run, kind: type[NewPassword | NewEmail]
) -> None:
    async def scenario() -> None:
        async with writing(room):
            await ask(room, "new_password" if kind is NewPassword else "new_email")
            await room.hands.type_in("half")
            up = room.shell.view()
            await room.world.auth_now.refresh()
            await settled()
            assert room.shell.view() is up
            assert isinstance(room.world.who(), SignedIn)
            await until(lambda: isinstance(room.world.flow(), kind))

    run_qt(scenario)
