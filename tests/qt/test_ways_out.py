"""The three ways to sign out, by hand and by keyboard; what came of those that the server has to hear of."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktopauth.core.errors import ErrorKind, VaultProblem
from desktopauth.core.models import User
from desktopauth.core.ports import Unread
from desktopauth.core.state import Reason, SignedIn, SignedOut
from desktopauth.qt.views.home import HomeView
from tests.conftest import LogWatch
from tests.core.fakes import Gate, offline, refused
from tests.qt.conftest import ENTER, TAB, Room
from tests.scenario import Run, settled, until

GRACE = User("grace", "grace@example.com")


def menu_of(room: Room) -> QMenu:
    home = room.shell.findChild(HomeView)
    assert isinstance(home, HomeView)
    return home.sign_out.menu


def banner(room: Room) -> str:
    home = room.shell.findChild(HomeView)
    assert isinstance(home, HomeView)
    return home.banner.words.text()


async def choose(room: Room, words: str) -> None:
    action = next(action for action in menu_of(room).actions() if action.text().startswith(words))
    action.trigger()
    await settled()


def test_each_says_what_it_does(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            assert [action.text() for action in menu_of(room).actions()] == [
                "Sign out here (other devices stay signed in)",
                "Sign out other devices (you stay signed in here)",
                "Sign out everywhere (here and on all other devices)",
            ]

    run_qt(scenario)


def test_the_menu_is_reached_and_worked_by_keyboard_alone(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            for _ in range(12):
                if room.focus() == "\N{HORIZONTAL ELLIPSIS}":
                    break
                await room.hands.key(TAB)
            more = room.shell.focusWidget()
            assert more is not None
            assert more.accessibleName() == "More ways to sign out"
            await room.hands.key(Qt.Key.Key_Space)
            menu = menu_of(room)
            assert menu.isVisible()
            for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, ENTER):
                QTest.keyClick(menu, key)
            await room.hands.sees("Your other devices are signed out.")
            assert [call.arguments[1] for call in room.world.gateway.named("sign_out")] == ["others"]

    run_qt(scenario)


@pytest.mark.parametrize("way", ["button", "menu"])
def test_here_is_the_default(room: Room, run_qt: Run, way: str) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await (room.hands.press("Sign out") if way == "button" else choose(room, "Sign out here"))
            await room.hands.sees("You're signed out.")
            await until(lambda: room.world.gateway.count("sign_out") == 1)
            assert room.world.gateway.named("sign_out")[0].arguments[1] == "local"
            assert not room.shows("other devices")

    run_qt(scenario)


def test_others_stays_here_and_says_when_it_is_done(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("sign_out", gate := Gate())
            await choose(room, "Sign out other devices")
            assert banner(room) == "Signing out your other devices\N{HORIZONTAL ELLIPSIS}"
            gate.open()
            await room.hands.sees("Your other devices are signed out.")
            assert isinstance(room.world.who(), SignedIn)

    run_qt(scenario)


def test_others_says_that_it_could_not_be(room: Room, run_qt: Run, expected_logs: LogWatch) -> None:
    expected_logs("a session was not revoked on the server: refused")

    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("sign_out", refused("sign_out", "x", ErrorKind.REFUSED))
            await choose(room, "Sign out other devices")
            await room.hands.sees("Your other devices couldn't be signed out.")

    run_qt(scenario)


def test_others_goes_on_by_itself_when_the_server_can_be_reached_again(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("sign_out", offline("sign_out"))
            await choose(room, "Sign out other devices")
            assert banner(room).startswith("Signing out your other devices")
            room.world.clock.advance(120)
            await room.hands.sees("Your other devices are signed out.")

    run_qt(scenario)


def test_the_answer_to_who_is_gone_is_not_told_to_who_comes_next(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("sign_out", gate := Gate())
            await choose(room, "Sign out other devices")
            await room.hands.press("Sign out")
            room.world.gateway.script.plan("sign_in", room.world.session("s2", GRACE))
            await room.hands.fill("Email", GRACE.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello, grace@example.com")
            gate.open()
            await settled()
            assert banner(room) == ""

    run_qt(scenario)


def test_everywhere_is_out_here_at_once_and_says_how_far_the_rest_is(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("sign_out", gate := Gate())
            await choose(room, "Sign out everywhere")
            assert room.world.who() == SignedOut(Reason.USER)
            await room.hands.sees("You're signed out. Your other devices are being signed out")
            gate.open()
            await room.hands.sees("You're signed out. So are your other devices")
            assert room.world.gateway.named("sign_out")[0].arguments[1] == "global"
            await room.hands.press("Create an account")
            await room.hands.press("I have an account already")
            await room.hands.sees("Welcome")
            assert not room.shows("other devices"), "it was said, and goes with the view"

    run_qt(scenario)


def test_a_sign_out_that_the_server_never_heard_of_is_said_once(room: Room, run_qt: Run) -> None:
    room.world.tombstones.owe("s1")
    words = "the app closed before the sign-in service was told"

    async def scenario() -> None:
        async with room.open():
            await room.hands.sees(words)
            await room.hands.sees("sign in and sign out everywhere.")
            await room.hands.fill("Email", "ada@example.com")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            assert not room.shows(words)
        room.world.tombstones.forgive()

    run_qt(scenario)


def test_a_keyring_with_somebody_else_in_it_is_written_over_by_order_only(
    room: Room, run_qt: Run, impatient: None
) -> None:
    room.world.vault.put(room.world.session("s9", GRACE))
    gate = Gate()
    room.world.vault.script.plan("load", gate)

    async def scenario() -> None:
        async with room.open(wait=False):
            await room.hands.press("Go on without saving")
            await room.hands.fill("Email", "ada@example.com")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello, ada@example.com")
            gate.open()
            await room.hands.sees("Somebody else's sign-in is kept here.")
            kept = room.world.vault.session
            assert kept
            assert kept.user == GRACE
            await room.hands.press("Keep me signed in instead")
            await until(lambda: (now := room.world.vault.session) is not None and now.user.id == "ada")
            await until(lambda: banner(room) == "", what="nothing left to say")

    run_qt(scenario)


def test_a_keyring_that_was_locked_at_the_start_can_be_gone_without(room: Room, run_qt: Run) -> None:
    room.world.vault.script.plan("load", Unread(VaultProblem.LOCKED))

    async def scenario() -> None:
        async with room.open(wait=False):
            await room.hands.sees("Your system keyring is locked.")
            await room.hands.press("Go on without saving")
            await room.hands.sees("Your system keyring is locked. You'll be signed out when you quit.")

    run_qt(scenario)
