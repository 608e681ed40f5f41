"""The password and the address, changed over the work: what it takes, and that it leads back to where they were."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import UserChange
from desktopauth.core.state import SignedIn
from tests.core.fakes import refused
from tests.qt.conftest import ENTER, ESCAPE, Room
from tests.qt.people import account, open_account, person, rename, sent
from tests.qt.work import home
from tests.scenario import Run, until


def test_a_new_password_is_chosen_over_the_work_and_leads_back_to_it(room: Room, run_qt: Run) -> None:
    wanted = refused("update_user", "reauthentication_needed", ErrorKind.REAUTHENTICATION_WANTED)
    room.world.gateway.script.plan("update_user", wanted)

    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.type_in("half a note")
            await open_account(room)
            await room.hands.press("Change password")
            await room.hands.sees("Change your password")
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees("we sent a code to ada@example.com")
            await until(lambda: room.focus() == "code")
            await room.hands.type_in("123456")
            await room.hands.sees("Your password is changed.")
            assert room.focus() == "Change password"
            assert home(room).notes.edit.text() == "half a note"
        assert sent(room)[-1] == UserChange(password=room.world.password, nonce="123456")

    run_qt(scenario)


@pytest.mark.parametrize("way", ["Change password", "Change email"])
def test_who_cancels_is_where_they_were_and_hears_nothing(room: Room, run_qt: Run, way: str) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await room.hands.press(way)
            await until(lambda: room.focus() in ("new_password", "new_email"))
            await room.hands.key(ESCAPE)
            await until(lambda: room.focus() == way)
            assert home(room).banner.words.text() == ""
            await rename(room, "Ada King")
            await room.hands.sees("Saved.")
            assert home(room).banner.words.text() == "", "and it was no password that was changed after that"
        assert [change.password for change in sent(room)] == [None]

    run_qt(scenario)


def test_another_address_is_proved_by_code_and_told(room: Room, run_qt: Run) -> None:
    new = "ada@elsewhere.test"

    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("update_user", person(new_email=new))
            room.world.gateway.script.plan("verify", room.world.session(user=person(email=new)))
            await open_account(room)
            await room.hands.press("Change email")
            await room.hands.sees("Today it is ada@example.com.")
            await until(lambda: room.focus() == "new_email")
            await room.hands.type_in(f" {new} ")
            await room.hands.key(ENTER)
            await room.hands.sees(f"We sent a code to {new}")
            await until(lambda: room.focus() == "code")
            await room.hands.type_in("123456")
            await room.hands.sees("Your email is changed.")
            assert account(room).called.text() == new
            assert isinstance(room.world.who(), SignedIn)
        assert [change.email for change in sent(room)] == [new]

    run_qt(scenario)
