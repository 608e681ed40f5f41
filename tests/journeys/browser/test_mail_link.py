"""A mail's link, opened in a real browser beside the window that waits for its code: where the embedder wants that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from desktopauth.core.redirect import Verdict
from desktopauth.core.state import CodeWanted, SignedIn
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.adapters.strangers import refuses
from tests.canary import Canary
from tests.contract.inboxes import Mail
from tests.double.server import DoubleServer, double
from tests.double.settings import Settings
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import TITLES
from tests.journeys.browser.screen import arguments
from tests.journeys.browser.tab import Tab
from tests.journeys.conftest import Person

SAME = "The link in the mail does the same, if you open it on this computer."
NO_NOTES = "The sign-in service said no. Try again in a moment."  # there is no database behind the double


@pytest.fixture
def project() -> Iterator[DoubleServer]:
    with double(Settings(phone=False, mail_pause=0)) as server:
        yield server


@pytest.fixture
def reader(person: Person, project: DoubleServer, expected_logs: Callable[[str], None]) -> Person:
    """Their app wants the links of mails back."""
    expected_logs("desktopauth.notes: notes: ")
    config = replace(person.config, url=project.url, key=project.project.settings.key, mail_links=True)
    return replace(person, config=config)


def link(project: DoubleServer) -> str:
    """In the newest mail."""
    sent = project.project.mails[-1]
    return Mail(sent.subject, sent.text).link


async def opens(chromium: Chromium, url: str) -> Tab:
    """They click on it in their mail program."""
    await chromium.visit(url)
    return await chromium.tab("/done/")


async def home(hands: Hands) -> None:
    await hands.sees("Hello, ")
    await hands.sees(NO_NOTES)


async def asks_for_a_code(person: Person, hands: Hands) -> None:
    await hands.fill("Email", person.email)
    await hands.press("Email me a code instead")
    await hands.sees("six-digit code")
    await hands.press("Send code")
    await hands.sees(SAME)


def test_the_link_leads_home(reader: Person, project: DoubleServer, chromium: Chromium, canary: Canary) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await asks_for_a_code(reader, hands)
        tab = await opens(chromium, link(project))
        canary.scan_text(await tab.reads(TITLES[Verdict.SIGNED_IN]), "the page at the end")
        await home(hands)
        assert isinstance(bus.state.session, SignedIn)
        assert bus.state.session.user.email == reader.email
        canary.scan_text(arguments(), "the arguments of some process")

    reader.start(story)


def test_the_link_of_a_forgotten_password_leads_to_the_new_one(
    reader: Person, project: DoubleServer, chromium: Chromium
) -> None:
    known = project.project.register(reader.email, metadata={})
    known.password, known.confirmed_at = "forgotten", project.project.now()

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.fill("Email", reader.email)
        await hands.press("Forgot password?")
        await hands.sees("six-digit code")
        await hands.press("Send code")
        await hands.sees(SAME)
        await (await opens(chromium, link(project))).reads(TITLES[Verdict.SIGNED_IN])
        await hands.sees("Choose a new password")
        await hands.fill("New password", reader.password)
        await hands.press("Save the new password")
        await home(hands)

    reader.start(story)
    assert known.password == reader.password


def test_a_link_of_an_older_mail_is_told_and_the_newest_leads_home(
    reader: Person, project: DoubleServer, chromium: Chromium
) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await asks_for_a_code(reader, hands)
        old = link(project)
        await hands.press("Use another email")
        await hands.press("Send code")
        await hands.sees(SAME)
        tab = await opens(chromium, link(project).replace("token=pkce_", "token=pkce_0"))
        await tab.reads(TITLES[Verdict.FAILED])
        await hands.sees("That link doesn't work any more. Ask for a new code.")
        assert isinstance(bus.state.flow, CodeWanted)
        await hands.press("Use another email")
        await hands.press("Send code")
        await hands.sees(SAME)
        await chromium.visit(old)
        await (await chromium.tab("chrome-error:")).fails()
        assert isinstance(bus.state.flow, CodeWanted)
        await chromium.visit(link(project))
        await home(hands)

    reader.start(story)


def test_the_typed_code_closes_the_way_back(reader: Person, project: DoubleServer, chromium: Chromium) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await asks_for_a_code(reader, hands)
        sent = project.project.mails[-1]
        await hands.fill("Six-digit code", Mail(sent.subject, sent.text).code)
        await home(hands)
        port = int(link(project).partition("127.0.0.1%3A")[2].partition("%2F")[0])
        await hands.until(lambda: refuses(port), "the port closed")

    reader.start(story)
    assert chromium.told == []
