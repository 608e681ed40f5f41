"""Whether an address is known is nobody's business: all that the window says and offers is the same to the letter."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from desktopauth.core.reduce import Asked, Cancelled
from desktopauth.core.state import SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.double.server import DoubleServer, double
from tests.double.settings import Settings
from tests.journeys.conftest import Person
from tests.scenario import settled

ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


@pytest.fixture
def project() -> Iterator[DoubleServer]:
    """Where addresses are confirmed, as at hosted projects, with one person who is a member already."""
    with double(Settings(phone=False)) as server:
        yield server


@pytest.fixture
def stranger(person: Person, project: DoubleServer) -> Person:
    return replace(person, config=replace(person.config, url=project.url, key=project.project.settings.key))


def member(project: DoubleServer, email: str) -> None:
    found = project.project.register(email, metadata={})
    found.password, found.confirmed_at = "known to nobody here", project.project.now()


async def by_signing_up(hands: Hands, person: Person, email: str) -> None:
    await hands.press("Create an account")
    await hands.sees("confirm your email")
    await hands.fill("Email", email)
    await hands.fill("Password", person.password)
    await hands.press("Create account")


async def by_a_code(hands: Hands, _person: Person, email: str) -> None:
    await hands.fill("Email", email)
    await hands.press("Email me a code instead")
    await hands.sees("six-digit code")
    await hands.key(ENTER)


async def by_a_forgotten_password(hands: Hands, _person: Person, email: str) -> None:
    await hands.fill("Email", email)
    await hands.press("Forgot password?")
    await hands.sees("six-digit code")
    await hands.key(ENTER)


WAYS: list[Callable[[Hands, Person, str], Awaitable[None]]] = [by_signing_up, by_a_code, by_a_forgotten_password]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
def test_it_is_said_alike_whether_the_address_is_known_or_not(
    stranger: Person, project: DoubleServer, way: Callable[[Hands, Person, str], Awaitable[None]]
) -> None:
    known, unknown = f"known-{stranger.email}", f"unknown-{stranger.email}"
    member(project, known)
    told: dict[str, list[list[str]]] = {known: [], unknown: []}

    def look(hands: Hands, email: str) -> None:
        seen = [words.replace("\N{ZERO WIDTH SPACE}", "").replace(email, "X") for words in hands.texts()]
        told[email].append(["Send another code in" if "another code in" in words else words for words in seen])

    async def story(hands: Hands, bus: AuthBus) -> None:
        for email in told:
            await hands.sees("Welcome")
            await settled()  # laid out, as nobody's hand is as quick
            await way(hands, stranger, email)
            await hands.sees("Six-digit code")
            await settled()
            look(hands, email)
            await hands.fill("Six-digit code", "000001")
            await hands.sees("That code is wrong or has expired.")
            look(hands, email)
            bus._auth.open_form("sign_in", "")
        assert isinstance(bus.state.session, SignedOut)

    stranger.start(story)
    assert told[known] == told[unknown]
    assert any("X" in words for words in told[known][0]), "the view names the address"


def test_an_old_code_and_a_wrong_one_are_told_alike(stranger: Person, project: DoubleServer) -> None:
    said: list[list[str]] = []

    async def story(hands: Hands, bus: AuthBus) -> None:
        await by_a_code(hands, stranger, stranger.email)
        await hands.sees("Six-digit code")
        await hands.until(lambda: bool(project.project.mails), "the mail")
        found = re.search(r"\d{6}", project.project.mails[-1].text)
        assert found is not None
        right = found.group()
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        for code, seconds in ((wrong, project.project.settings.otp_expiry + 1), (right, 0.0)):
            await hands.fill("Six-digit code", code)
            await hands.until(lambda: bus.state.flow is not None and bus.state.flow.problem is not None, "an answer")
            await hands.sees("That code is wrong or has expired.")
            said.append([words for words in hands.texts() if "another code" not in words])
            bus._auth.changed(Asked())  # a new question takes back what was said
            bus._auth.changed(Cancelled())
            bus._auth.happened()
            project.project.clock.advance(seconds)
        assert isinstance(bus.state.session, SignedOut)

    stranger.start(story)
    assert said[0] == said[1]
