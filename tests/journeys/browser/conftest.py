"""What a sign-in by the browser goes through: the system's browser, a provider, and a server that trusts it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktopauth.demo.provider import provider as provider_of_the_demo
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import somebody
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.provider import Provider
from tests.journeys.browser.screen import screen
from tests.journeys.browser.tab import Driver
from tests.journeys.conftest import Person
from tests.scenario import lacking


def pytest_itemcollected(item: pytest.Item) -> None:
    """The window comes to the front when the browser is done; the offscreen platform says that it cannot."""
    item.add_marker(pytest.mark.qt_log_ignore("does not support (raise|propagateSizeHints)"))


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    made = Driver()
    yield made
    made.end()


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The browser's own screen; the app's may be another, or none."""
    with screen() as made:
        yield made


@pytest.fixture
def chromium(
    tmp_path: Path, driver: Driver, display: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chromium]:
    """The system's browser; what it keeps in its profile is for the test to judge."""
    try:
        import playwright  # noqa: F401 - only to see whether it is there
    except ImportError:
        lacking("playwright is not installed")
    browser = Chromium(tmp_path / "chromium", driver, display)
    canary.exempt(browser.profile)
    monkeypatch.setenv("BROWSER", str(browser.command))
    yield browser
    driver.call(browser.close)


@pytest.fixture(scope="session")
def provider(provider_modules: Path) -> Iterator[Provider]:
    """The demo's own; who sits at its browser is for the test to say."""
    running = provider_of_the_demo(provider_modules)
    with asyncio.Runner() as runner:
        made = runner.run(running.__aenter__())
        try:
            yield Provider(made)
        finally:
            runner.run(running.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def lite_with_github(
    demo_modules: Path, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedServer]:
    """Like ``lite``, and people can come in by "github"."""
    server = EmbeddedServer(
        tmp_path_factory.mktemp("lite") / "server",
        modules=demo_modules,
        bcrypt_cost=4,
        providers={"github": provider.running.settings},
        tell=lambda _: None,
    )
    with asyncio.Runner() as runner:
        runner.run(server.__aenter__())
        try:
            yield server
        finally:
            runner.run(server.__aexit__(None, None, None))


@pytest.fixture
def visitor(provider: Provider) -> str:
    """The address of somebody new, who is signed in at the provider."""
    email = somebody()
    provider.seat(email)
    return email


@pytest.fixture
def guest(person: Person, lite_with_github: EmbeddedServer, visitor: str) -> Person:
    """Somebody whom the project does not know yet, and the provider does."""
    config = replace(person.config, url=lite_with_github.url, key=lite_with_github.publishable_key)
    return replace(person, email=visitor, config=config, lite=lite_with_github)


@pytest.fixture
def regular(guest: Person, keyring: dict[str, str]) -> Person:
    """The same with a real keyring."""
    return replace(guest, config=replace(guest.config, store="keyring"))
