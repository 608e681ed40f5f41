"""The demo as it is started, and its own provider in a real browser."""

from __future__ import annotations

from pathlib import Path

from desktopauth.core.redirect import Verdict
from desktopauth.demo.provider import PERSON
from tests.canary import Canary
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import BUTTON, CONSENT, TITLES
from tests.journeys.browser.screen import arguments
from tests.journeys.processes import Started, started
from tests.scenario import Run

__all__ = ["started"]


def test_the_demos_door_leads_through_the_browser_and_back(
    started: Started,
    chromium: Chromium,
    demo_modules: Path,
    provider_modules: Path,
    canary: Canary,
    tmp_path: Path,
    run: Run,
) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "desktopauth").symlink_to(demo_modules.parent)

    async def scenario() -> None:
        where = ("--temp-profile", "--store", "memory")
        async with started("demo", *where, XDG_CACHE_HOME=tmp_path / "cache") as app:
            await app.do("press", BUTTON)
            tab = await chromium.tab(CONSENT)
            await tab.reads("This is not GitHub")
            await tab.press("Cancel")
            await tab.reads(TITLES[Verdict.DENIED])
            await app.do("press", BUTTON)
            tab = await chromium.tab(CONSENT)
            await tab.press("Allow")
            await app.do("sees", f"Hello, {PERSON['name']}")
            await tab.reads(TITLES[Verdict.SIGNED_IN])
            canary.scan_text(arguments(), "the arguments of some process")
            await chromium.end()
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=90)
