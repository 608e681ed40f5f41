"""The whole way from the button in the window, through a real browser and provider, to the person's own things."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from desktopauth.core.redirect import Verdict
from desktopauth.core.state import BrowserWait, PasswordForm, SignedIn
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.adapters.strangers import refuses
from tests.canary import Canary
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import BUTTON, CONSENT, TITLES, leaves
from tests.journeys.browser.provider import NAME, Provider
from tests.journeys.browser.screen import arguments
from tests.journeys.conftest import Person


class Places(logging.Handler):
    """Host and port of each receiver so far, as the log names them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.all: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if words.startswith("waiting"):
            self.all.append(words.rpartition(" ")[2])

    def closed(self) -> list[bool]:
        return [refuses(int(place.rpartition(":")[2])) for place in self.all]


@pytest.fixture
def places() -> Iterator[Places]:
    heard, logger = Places(), logging.getLogger("desktopauth.loopback")
    logger.addHandler(heard)
    yield heard
    logger.removeHandler(heard)


def test_allow_leads_home_and_nobody_sees_a_secret(
    guest: Person, chromium: Chromium, canary: Canary, places: Places
) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        tab = await leaves(hands, bus, chromium)
        canary.scan_text(arguments(), "the arguments of some process")
        await tab.press("Allow")
        canary.scan_text(await tab.reads(TITLES[Verdict.SIGNED_IN]), "the page at the end")
        assert await hands.sees("Hello, ") == f"Hello, {NAME}", "the name of a person is text"
        assert isinstance(bus.state.session, SignedIn)
        assert bus.state.session.user.email == guest.email
        assert bus.state.flow is None
        canary.scan_text(arguments(), "the arguments of some process")

    guest.start(story)
    assert places.closed() == [True]
    assert places.all[0] not in chromium.told[0]


def test_who_came_by_the_browser_is_there_at_the_next_start(regular: Person, chromium: Chromium) -> None:
    async def first(hands: Hands, bus: AuthBus) -> None:
        await (await leaves(hands, bus, chromium)).press("Allow")
        await hands.sees("Hello, ")

    async def second(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Hello, ")
        await hands.press("Sign out")
        await hands.sees("You're signed out.")
        await hands.sees("Last used")

    regular.folder.mkdir(parents=True, exist_ok=True)
    for story in (first, second):
        regular.start(story)
    assert len(chromium.told) == 1


def test_cancel_at_the_provider_is_said_once_and_can_be_thought_better_of(guest: Person, chromium: Chromium) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await (await leaves(hands, bus, chromium)).press("Cancel")
        await hands.sees("The sign-in was stopped in your browser. Try again, or choose another way.")
        assert isinstance(bus.state.flow, PasswordForm)
        await (await chromium.tab("/done/")).reads(TITLES[Verdict.DENIED])
        await (await leaves(hands, bus, chromium)).press("Allow")
        await hands.sees("Hello, ")

    guest.start(story)


def test_a_tab_from_before_changes_nothing(guest: Person, chromium: Chromium, places: Places) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        old = await leaves(hands, bus, chromium)
        await hands.press("Cancel")
        await hands.sees(BUTTON)
        new = await leaves(hands, bus, chromium, nth=1)
        assert places.closed() == [True, False]
        await old.press("Allow")
        await old.fails()
        assert isinstance(bus.state.flow, BrowserWait)
        await new.press("Allow")
        await hands.sees("Hello, ")

    guest.start(story)


def test_open_again_is_the_same_attempt(guest: Person, chromium: Chromium) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await (await leaves(hands, bus, chromium)).close()
        await chromium.gone()
        await hands.press("Open again")
        await (await chromium.tab(CONSENT)).press("Allow")
        await hands.sees("Hello, ")

    guest.start(story)
    first, second = chromium.told
    assert first == second


def test_a_browser_that_cannot_come_back_is_helped(guest: Person, chromium: Chromium, provider: Provider) -> None:
    """As on another machine: what its address line says in the end is pasted."""
    chromium.reach_only(guest.lite.url, provider.url)

    async def story(hands: Hands, bus: AuthBus) -> None:
        tab = await leaves(hands, bus, chromium)
        await tab.press("Allow")
        ended_at = await tab.fails()
        assert isinstance(bus.state.flow, BrowserWait)
        await hands.press("Paste the address instead")
        await hands.fill("Address that the browser ended at", ended_at.replace("code=", "coda="))
        await hands.press("Continue")
        await hands.sees("That isn't where this sign-in ended.")
        await hands.fill("Address that the browser ended at", ended_at)
        await hands.press("Continue")
        await hands.sees("Hello, ")

    guest.start(story)


def test_the_keyboard_alone_leads_out_and_back(guest: Person, chromium: Chromium) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(BUTTON)
        await tab_to(hands, "provider_github")
        await hands.key(Qt.Key.Key_Return)
        await chromium.tab(CONSENT)
        await hands.key(Qt.Key.Key_Escape)
        await hands.sees(BUTTON)
        await tab_to(hands, "provider_github")
        await hands.key(Qt.Key.Key_Return)
        await (await chromium.tab(CONSENT, nth=1)).press("Allow")
        await hands.sees("Hello, ")

    guest.start(story)


async def tab_to(hands: Hands, name: str) -> None:
    for _ in range(12):
        if hands._window.focusWidget().objectName() == name:
            return
        await hands.key(Qt.Key.Key_Tab)
    pytest.fail(f"Tab never came to {name}")


def test_who_quits_in_the_middle_leaves_no_port(guest: Person, chromium: Chromium, places: Places) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        tab = await leaves(hands, bus, chromium)
        assert places.closed() == [False]
        await tab.close()

    guest.start(story)
    assert places.closed() == [True]
