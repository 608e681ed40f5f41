"""What keeps somebody from ever seeing the provider's page is said at once, and no browser is sent anywhere in vain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from desktopauth.core.state import PasswordForm
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import BUTTON, CONSENT
from tests.journeys.conftest import Person


@pytest.mark.parametrize(
    ("door", "button", "url", "sentence"),
    [
        ("gitlab", "Continue with GitLab", "", "This project doesn't offer that way to sign in. Choose another one."),
        ("github", BUTTON, "http://127.0.0.1:9", "The sign-in service can't be reached."),
    ],
    ids=["not offered", "offline"],
)
def test_a_refusal_is_heard_before_any_browser_opens(
    guest: Person, chromium: Chromium, door: str, button: str, url: str, sentence: str
) -> None:
    config = replace(guest.config, providers=(door,), url=url or guest.config.url)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.press(button)
        await hands.sees(sentence)
        assert isinstance(bus.state.flow, PasswordForm)

    replace(guest, config=config).start(story)
    assert chromium.told == []


def test_where_nothing_opens_it_the_link_is_carried_over(
    guest: Person, chromium: Chromium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROWSER")
    monkeypatch.setenv("PATH", str(tmp_path))

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.press(BUTTON)
        await hands.sees("No browser could be opened. Copy the link and open it yourself.")
        await hands.press("Copy link")
        await chromium.visit(QGuiApplication.clipboard().text())
        await (await chromium.tab(CONSENT)).press("Allow")
        await hands.sees("Hello, ")

    guest.start(story)
