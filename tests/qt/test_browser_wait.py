"""The wait for the browser: every way on, every way out, and one clear sentence for each thing that may happen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from desktopauth.core.redirect import LIFE, Granted
from desktopauth.qt.views import browser_wait as browser_wait_module
from tests.core.browser import ADDRESS
from tests.core.fakes import Gate
from tests.qt.away import MARKUP, URL, asking, away, view, ways_on
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.screen import everything_in
from tests.scenario import Run, settled, until


def first(room: Room) -> str:
    """What is offered as the thing to do now."""
    wait = view(room)
    named = [each for each in (wait.again, wait.copy) if each.objectName() == "primary"]
    assert len(named) == 1
    other = wait.copy if named[0] is wait.again else wait.again
    assert named[0].y() < other.y()
    return named[0].text()


def test_it_names_the_provider_and_says_what_is_going_on(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asking(room) as gate:
            assert room.shows("Continue in your browser")
            assert room.shows("Asking for GitHub's sign-in page\N{HORIZONTAL ELLIPSIS}")
            assert ways_on(room) == [False] * 5
            assert view(room).cancel.isEnabled()
            assert room.focus() == "Cancel"
            gate.open()
            await room.hands.sees("Waiting for your browser: 5:00 left.")
            assert room.shows("Sign in with GitHub there, then come back here.")
            assert ways_on(room) == [True] * 5
            assert first(room) == "Open again"

    run_qt(scenario)


def test_it_counts_down_to_the_end_of_the_wait(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            room.world.clock.advance(27.5)
            await room.hands.sees("Waiting for your browser: 4:33 left.")
            room.world.clock.advance(LIFE)
            await room.hands.sees("Your browser never came back here.")
            assert room.shows("redirect allow-list")
            assert room.shows("Welcome")

    run_qt(scenario)


def test_the_browser_can_be_opened_again(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            await room.hands.press("Open again")
            await until(lambda: room.world.browser.opened == [URL, URL])
            assert room.world.gateway.count("authorize") == 1

    run_qt(scenario)


def test_the_link_is_on_the_clipboard_on_the_click_and_else_nowhere(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        QGuiApplication.clipboard().setText("what was there")
        async with away(room):
            assert QGuiApplication.clipboard().text() == "what was there"
            assert URL not in everything_in(view(room))
            await room.hands.press("Copy link")
            assert QGuiApplication.clipboard().text() == URL
            assert room.shows("Link copied")
            await room.hands.key(ESCAPE)
            await room.hands.press("Continue with GitHub")
            await room.hands.sees("Waiting for your browser")
            assert room.shows("Copy link")

    run_qt(scenario)


def test_without_a_browser_it_says_so_and_the_link_comes_first(room: Room, run_qt: Run) -> None:
    room.world.browser.works = False

    async def scenario() -> None:
        async with away(room):
            await room.hands.sees("No browser could be opened. Copy the link and open it yourself.")
            QApplication.processEvents()
            assert first(room) == "Copy link"
            assert room.focus() == "Copy link"
            assert room.shows("Waiting for your browser")
            room.world.browser.works = True
            await room.hands.press("Open again")
            await room.hands.until(lambda: not room.shows("No browser could be opened"), "the browser")
            QApplication.processEvents()
            assert first(room) == "Open again"

    run_qt(scenario)


def test_the_address_that_another_machine_ended_at_can_be_pasted(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            wait = view(room)
            assert not wait.address.isVisible()
            await room.hands.press("Paste the address instead")
            assert room.focus() == "address"
            await room.hands.type_in("http://127.0.0.1:1/elsewhere")
            await room.hands.key(ENTER)
            await room.hands.sees("That isn't where this sign-in ended.")
            assert wait.address.edit.accessibleDescription().startswith("That isn't")
            assert room.focus() == "address"
            await room.hands.type_in(f" {ADDRESS} ")
            await room.hands.press("Continue")
            assert room.world.browser.receiver.pasted == ["http://127.0.0.1:1/elsewhere", ADDRESS]
            assert not room.shows("That isn't where")
            room.world.browser.receiver.come(Granted("code"))
            await room.hands.sees("Hello")
            assert "127.0.0.1" not in everything_in(wait), "it has a code in it"

    run_qt(scenario)


def test_a_screen_reader_hears_what_happens_and_not_every_second(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(browser_wait_module, "announce", lambda _, words: heard.append(words))

    async def scenario() -> None:
        async with away(room):
            for _ in range(3):
                room.world.clock.advance(1.0)
                view(room)._countdown.timeout.emit()
            room.shell.show_state(room.bus.state)
            await room.hands.press("Copy link")
            room.world.gateway.script.plan("exchange", gate := Gate())
            room.world.browser.receiver.come(Granted("code"))
            await gate.reached.wait()
            await settled()
            assert heard == [
                "Asking for GitHub's sign-in page\N{HORIZONTAL ELLIPSIS}",
                "GitHub's sign-in page is open in your browser. Go on there, then come back here.",
                "Link copied",
                "Signing you in\N{HORIZONTAL ELLIPSIS}",
            ]

    run_qt(scenario)


def test_tab_goes_through_all_of_it_from_top_to_bottom(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room):
            seen = []
            for _ in range(4):
                await room.hands.key(TAB)
                seen.append(room.focus())
            assert seen == ["Open again", "Copy link", "Paste the address instead", "Cancel"]
            await room.hands.press("Paste the address instead")
            seen = [room.focus()]
            for _ in range(4):
                await room.hands.key(TAB)
                seen.append(room.focus())
            assert seen == ["address", "Continue", "Cancel", "Open again", "Copy link"]

    run_qt(scenario)


def test_without_a_browser_tab_begins_with_the_link(room: Room, run_qt: Run) -> None:
    room.world.browser.works = False

    async def scenario() -> None:
        async with away(room):
            seen = [room.focus()]
            for _ in range(3):
                await room.hands.key(TAB)
                seen.append(room.focus())
            assert seen == ["Copy link", "Open again", "Paste the address instead", "Cancel"]

    run_qt(scenario)


def test_a_provider_s_name_from_outside_is_shown_as_it_is(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with away(room, f"custom:{MARKUP}"):
            shown = [words.replace("\N{ZERO WIDTH SPACE}", "") for words in room.hands.texts()]
            assert f"Sign in with {MARKUP} there, then come back here." in shown
            labels = view(room).findChildren(QLabel)
            assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}

    run_qt(scenario)
