"""The wait for the browser: every way out of it, and one clear sentence for each."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Project
from desktopauth.core.redirect import LIFE, Denied, Granted
from desktopauth.core.state import BrowserWait
from tests.core.fakes import Gate, offline, refused
from tests.qt.away import asking, away, view, ways_on
from tests.qt.conftest import ENTER, ESCAPE, Room
from tests.scenario import Run, settled, until


def test_while_what_came_back_is_redeemed_only_cancel_works_and_it_does(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            room.world.gateway.script.plan("exchange", gate := Gate())
            room.world.browser.receiver.come(Granted("code"))
            await gate.reached.wait()
            await room.hands.sees("Signing you in\N{HORIZONTAL ELLIPSIS}")
            assert ways_on(room) == [False] * 5
            await room.hands.press("Cancel")
            await room.hands.sees("Welcome")
            gate.open()
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="the late session revoked")
            assert room.shows("Welcome")

    run_qt(scenario)


@pytest.mark.parametrize("busy", [True, False])
@pytest.mark.parametrize("way", ["press", "escape", "enter"])
def test_cancel_is_never_off_and_leads_back(room: Room, run_qt: Run, busy: bool, way: str) -> None:
    async def scenario() -> None:
        async with asking(room) if busy else away(room):
            match way:
                case "press":
                    await room.hands.press("Cancel")
                case "escape":
                    await room.hands.key(ESCAPE)
                case _:
                    assert room.focus() == "Cancel"
                    await room.hands.key(ENTER)
            await room.hands.sees("Welcome")
            assert room.focus() == "email"

    run_qt(scenario)


def test_who_says_no_there_is_told_so_here(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            room.world.browser.receiver.come(Denied())
            await room.hands.sees("The sign-in was stopped in your browser.")
            assert room.shows("Welcome")

    run_qt(scenario)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (offline("authorize"), "can't be reached"),
        (refused("authorize", "provider_disabled", ErrorKind.PROVIDER_OFF), "doesn't offer that way to sign in"),
    ],
)
def test_what_goes_wrong_before_any_browser_opens_is_said_on_the_form(
    room: Room, run_qt: Run, trouble: Exception, words: str
) -> None:
    async def scenario() -> None:
        async with asking(room) as gate:
            gate.answer = trouble
            gate.open()
            await room.hands.sees(words)
            assert room.shows("Welcome")
            assert room.world.browser.opened == []

    run_qt(scenario)


def test_without_a_port_to_come_back_to_the_form_says_so(room: Room, run_qt: Run) -> None:
    room.world.browser.no_port = OSError()

    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",)))
            await room.hands.press("Continue with GitHub")
            await room.hands.sees("no way back to this app")

    run_qt(scenario)


def test_the_window_comes_up_when_they_are_let_in_and_not_before(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            room.shell.showMinimized()
            room.world.clock.advance(1.0)
            await settled()
            assert room.shell.isMinimized()
            room.world.browser.receiver.come(Granted("code"))
            await until(lambda: not room.shell.isMinimized(), what="the window")
            await room.hands.sees("Hello")
            assert room.shell.isActiveWindow()

    run_qt(scenario)


def test_nobody_is_disturbed_when_the_wait_has_run_out(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            room.shell.showMinimized()
            room.world.clock.advance(LIFE)
            await until(lambda: not isinstance(room.world.flow(), BrowserWait))
            await settled()
            assert room.shell.isMinimized()

    run_qt(scenario)


def test_a_wait_that_was_left_counts_no_more(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            wait = view(room)
            assert wait._countdown.isActive()
            await room.hands.press("Cancel")
            await room.hands.sees("Welcome")
            assert not wait._countdown.isActive()

    run_qt(scenario)
