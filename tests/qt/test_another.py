"""Somebody else signs in over a person's open work: they are told, and nothing of the first is left if they go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from PySide6.QtWidgets import QApplication

from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.state import AnotherPerson, Interrupted, PasswordForm, Reason, SignedIn
from desktopauth.qt.views.another import AnotherView
from tests.core.conftest import ADA
from tests.core.fakes import Gate
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.screen import everything
from tests.qt.work import comes_back, cut_off, home, may_type, writing
from tests.scenario import Run, settled, until

GRACE = User("grace", "grace@example.com")
OF_ADA = ("ada", "Ada", "milk", "note 7")


@asynccontextmanager
async def asked(room: Room, other: User = GRACE) -> AsyncIterator[None]:
    """``other`` has signed in over what Ada was writing."""
    async with writing(room):
        await cut_off(room)
        await may_type(room)
        room.world.gateway.script.plan("sign_in", room.world.session("s2", other))
        await room.hands.fill("Email", other.email)
        await room.hands.fill("Password", room.world.password)
        await room.hands.key(ENTER)
        await room.hands.sees("Somebody else signed in")
        yield


def test_it_says_whose_work_is_open_who_came_and_what_would_be_lost(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room):
            assert room.shows("grace@example.com has just signed in.\nThe work here is ada@example.com's.")
            assert room.shows("what ada@example.com hasn't saved is discarded")
            assert not room.shows("milk")
            assert room.focus() == "Back", "the default"
            assert room.world.flow() == AnotherPerson(GRACE)
            assert isinstance(room.world.who(), Interrupted)
            await room.hands.key(ESCAPE)
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="her session revoked")

    run_qt(scenario)


async def back_is_chosen(room: Room, key: Any) -> None:
    async with asked(room):
        await room.hands.key(key)
        await room.hands.sees("Sign in again")
        await until(lambda: room.world.gateway.count("sign_out") == 1, what="her session revoked")
        assert room.world.flow() == PasswordForm("sign_in", ADA.email)
        assert "grace" not in everything(QApplication.instance())  # type: ignore[arg-type]
        await comes_back(room)
        assert home(room).notes.edit.text() == "milk"
        assert AuthEvent.SIGNED_OUT not in room.world.names


def test_escape_is_back_and_the_work_goes_on(room: Room, run_qt: Run) -> None:
    run_qt(lambda: back_is_chosen(room, ESCAPE))


def test_enter_is_back_too_and_the_work_goes_on(room: Room, run_qt: Run) -> None:
    run_qt(lambda: back_is_chosen(room, ENTER))


def test_if_they_go_on_nothing_of_the_first_is_left_anywhere(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room):
            room.notes.bodies = ["Grace's own"]
            await room.hands.key(TAB)
            assert room.focus() == "Continue as grace@example.com"
            await room.hands.key(ENTER)
            await room.hands.sees("Hello, grace@example.com")
            await room.hands.sees("Grace's own")
            await settled()
            left = everything(QApplication.instance())  # type: ignore[arg-type]
            assert "grace@example.com" in left, "the walk sees what is there"
            assert [words for words in OF_ADA if words in left] == []
            assert room.world.names[-2:] == [AuthEvent.SIGNED_OUT, AuthEvent.SIGNED_IN]
            assert room.world.events[-2].reason is Reason.REPLACED
            assert list(room.shell._log.lines)[1:] == [], "her list of events begins with her"
            assert room.focus() == "note"

    run_qt(scenario)


def test_while_they_are_let_in_nothing_of_the_first_shows(room: Room, run_qt: Run, impatient: None) -> None:
    async def scenario() -> None:
        async with asked(room):
            room.world.vault.script.plan("save", gate := Gate())
            seen: list[str] = []
            room.bus.state_changed.connect(lambda _: seen.append("\n".join(room.hands.texts())))
            await room.hands.press("Continue as grace@example.com")
            await gate.reached.wait()
            gate.open()
            await room.hands.sees("Hello, grace@example.com")
            assert seen
            assert not any(words in text for text in seen for words in OF_ADA)

    run_qt(scenario)


def test_it_is_said_once_however_often_it_is_pressed(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room):
            view = room.shell.view()
            assert isinstance(view, AnotherView)
            view.go_on.click()
            view.go_on.click()
            await room.hands.sees("Hello, grace@example.com")
            assert room.world.names.count(AuthEvent.SIGNED_IN) == 1
            assert room.world.gateway.count("sign_out") == 0

    run_qt(scenario)


def test_an_address_with_an_ampersand_is_no_shortcut_and_a_long_one_fits(room: Room, run_qt: Run) -> None:
    odd = User("odd", "a&b-with-a-rather-long-address@subdomain.example.com")

    async def scenario() -> None:
        async with asked(room, odd):
            view = room.shell.view()
            assert isinstance(view, AnotherView)
            assert "a&&b" in view.go_on.text()
            assert view.go_on.shortcut().isEmpty()
            assert view.go_on.accessibleName() == f"Continue as {odd.email}"
            assert view.go_on.sizeHint().width() <= view.go_on.width()

    run_qt(scenario)


def test_the_first_one_coming_back_elsewhere_ends_the_question(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room):
            room.world.vault.put(room.world.session("s3"))
            room.world.auth_now.nudge()
            await room.hands.sees("Hello, ada@example.com")
            assert isinstance(room.world.who(), SignedIn)
            assert home(room).notes.edit.text() == "milk"
            assert "grace" not in everything(QApplication.instance())  # type: ignore[arg-type]

    run_qt(scenario)
