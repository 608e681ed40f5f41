"""The app as it is started, beside the browser on one screen: it comes back to the front, and its files are clean."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from desktopauth.core.redirect import Verdict
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import BUTTON, CONSENT, TITLES
from tests.journeys.browser.screen import arguments
from tests.journeys.processes import Started, started
from tests.scenario import Run, need

__all__ = ["started"]


def test_the_window_comes_back_before_the_browser(
    started: Started,
    lite_with_github: EmbeddedServer,
    visitor: str,
    chromium: Chromium,
    display: str,
    canary: Canary,
    tmp_path: Path,
    run: Run,
) -> None:
    look = need("xdotool")

    async def in_front() -> str:
        asked = await asyncio.create_subprocess_exec(
            *(look, "getwindowfocus", "getwindowname"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"DISPLAY": display},
        )
        return (await asked.communicate())[0].decode().strip()

    async def comes(title: str) -> None:
        async with asyncio.timeout(15):
            while title not in await in_front():
                await asyncio.sleep(0.05)

    async def scenario() -> None:
        options = {"--url": lite_with_github.url, "--key": lite_with_github.publishable_key, "--store": "memory"}
        options |= {"--profile-dir": str(tmp_path / "profile"), "--log-level": "debug"}
        words = [word for pair in options.items() for word in pair]
        async with started("run", *words, DISPLAY=display, QT_QPA_PLATFORM="xcb") as app:
            await app.do("press", BUTTON)
            tab = await chromium.tab(CONSENT)
            await comes("Chromium")
            await tab.press("Allow")
            canary.scan_text(arguments(), "the arguments of some process")
            await app.do("sees", "Hello, ")
            await tab.reads(TITLES[Verdict.SIGNED_IN])
            await comes("desktopauth")
            canary.scan_text(arguments(), "the arguments of some process")
            await chromium.end()
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=90)
    *_, there, done = chromium.hops()
    assert urlsplit(there).netloc == urlsplit(done).netloc
    brought = parse_qs(urlsplit(there).query)
    for name in ("code", "state"):
        canary.learn(brought[name][0], name)
    assert list((tmp_path / "profile").rglob("*.log")), "there is a log to look into"
