"""The way in by a provider with the keyboard alone; what the person does in the browser is somebody else's business."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from desktopauth.core.redirect import Verdict
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.strangers import ask, browse, followed, request, say
from tests.canary import Canary
from tests.journeys.browser.leaving import BUTTON, CONSENT, TITLES
from tests.journeys.browser.provider import Provider
from tests.journeys.keyboard import Keyboard, Seated, screen, seated, started
from tests.journeys.processes import App
from tests.journeys.test_keyboard import SIGN_IN
from tests.scenario import Run, until

__all__ = ["screen", "seated", "started"]  # fixtures

WAIT = ["Cancel", "Open again", "Copy link", "Paste the address instead"]
FIELD = "Address that the browser ended at"
NOTED = '#!/bin/sh\nprintf "%s\\n" "$1" >>"$0.told"\n'
CLOSE = b"Connection: close\r\n"
FORM = CLOSE + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """It only notes where it was sent."""
    path = tmp_path / "browser"
    path.write_text(NOTED, encoding="ascii")
    path.chmod(0o700)
    return path


async def sent_to(browser: Path, *, times: int) -> str:
    """Where the app has sent them the last of so many times."""
    told = browser.with_suffix(".told")
    await until(lambda: told.exists() and told.read_text().count("\n") >= times, what=f"the browser, {times} times")
    lines = told.read_text(encoding="ascii").splitlines()
    assert len(lines) == times
    assert urlsplit(lines[-1]).path == CONSENT
    return lines[-1]


async def decided(address: str, word: str, *hosts: str) -> str:
    """Allow it at the provider (yes) or cancel (no), and go on through these hosts: the address after them."""
    body = f"say={word}".encode()
    found = await say(address, request(address, method="POST", extra=FORM % len(body)) + body)
    while found:
        address = followed(address, found)
        if not address.startswith(hosts):
            return address
        found = await ask(address, extra=CLOSE)
    pytest.fail("it hangs up without a word")


async def leaves(app: App, keys: Keyboard, key: str) -> None:
    """Tab to the button, and press it; Cancel is what they could want next."""
    await app.do("sees", BUTTON)
    await keys.hits_until(BUTTON)
    await keys.hit(key)
    await app.do("sees", "Waiting for your browser")
    await keys.on("Cancel")


def test_to_the_provider_and_back_and_in_by_the_address(
    seated: Seated,
    lite_with_github: EmbeddedServer,
    provider: Provider,
    visitor: str,
    browser: Path,
    canary: Canary,
    run: Run,
) -> None:
    async def scenario() -> None:
        async with seated(lite_with_github, BROWSER=str(browser)) as (app, keys):
            await keys.on("Email")
            await keys.type("typed@example.com")
            await leaves(app, keys, "Return")
            await sent_to(browser, times=1)
            assert await keys.round() == WAIT
            await keys.hit("Escape")
            await app.do("sees", "Welcome")
            await keys.on("Password")  # the address is there
            await keys.hits_until("Email", "shift+Tab")
            assert await app.do("value") == "typed@example.com"
            await leaves(app, keys, "space")
            first = await sent_to(browser, times=2)
            await keys.hits_until("Open again")
            await keys.hit("Return")
            assert await sent_to(browser, times=3) == first
            await keys.on("Open again")
            await keys.hits_until("Copy link")
            await keys.hit("Return")
            await keys.on("Link copied")
            await keys.hits_until("Paste the address instead")
            await keys.hit("space")
            await keys.on(FIELD)
            await keys.hit("ctrl+v")
            assert await app.do("value") == first, "what was copied"
            await keys.hit("Return")
            await app.do("sees", "That isn't where this sign-in ended.")
            await keys.on(FIELD)
            assert await keys.round() == [FIELD, "Continue", "Cancel", "Open again", "Link copied"]
            ended_at = await decided(first, "yes", provider.url, lite_with_github.url)
            canary.learn(parse_qs(urlsplit(ended_at).query)["code"][0], "code")
            await keys.type(ended_at)  # what was wrong is marked, and goes
            await keys.hit("Return")
            await app.do("sees", "Hello, ")
            await keys.on("New note")
            await sent_to(browser, times=3)

    run(scenario, deadline=90)


def test_cancelled_at_the_provider_and_in_the_next_time(
    seated: Seated, lite_with_github: EmbeddedServer, provider: Provider, visitor: str, browser: Path, run: Run
) -> None:
    hosts = provider.url, lite_with_github.url

    async def scenario() -> None:
        async with seated(lite_with_github, BROWSER=str(browser)) as (app, keys):
            await keys.on("Email")
            await leaves(app, keys, "Return")
            page = await browse(await decided(await sent_to(browser, times=1), "no", *hosts))
            assert TITLES[Verdict.DENIED] in page.body
            await app.do("sees", "The sign-in was stopped in your browser. Try again, or choose another way.")
            await keys.on("Email")
            assert await keys.round() == [*SIGN_IN, BUTTON]
            await app.do("sees", "The sign-in was stopped in your browser.")
            await leaves(app, keys, "Return")
            await browse(await decided(await sent_to(browser, times=2), "yes", *hosts))
            await app.do("sees", "Hello, ")
            await keys.on("New note")

    run(scenario, deadline=90)
