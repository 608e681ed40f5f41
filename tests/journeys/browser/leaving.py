"""How somebody leaves the window for their browser, and what they read there."""

from __future__ import annotations

from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.state import BrowserWait
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.tab import Tab

CONSENT = "/login/oauth/authorize"
BUTTON = "Continue with GitHub"
TITLES = {verdict: title for verdict, (title, _) in LANGUAGES["en"].items()}


async def leaves(hands: Hands, bus: AuthBus, chromium: Chromium, *, nth: int = 0) -> Tab:
    """They press the button, and their browser opens at the provider."""
    await hands.press(BUTTON)
    await hands.sees("Continue in your browser")
    await hands.until(lambda: isinstance(bus.state.flow, BrowserWait) and bool(bus.state.flow.url), "the browser")
    return await chromium.tab(CONSENT, nth=nth)
