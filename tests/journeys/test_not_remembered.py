"""Who is not to be remembered is forgotten: session, address and the way in, also what was remembered before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from desktopauth.core.state import SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.journeys.conftest import Person, account_made, confirm, sign_in
from tests.scenario import settled


def email_in(hands: Hands) -> str:
    found = hands._window.findChild(QLineEdit, "email")
    assert isinstance(found, QLineEdit)
    return found.text()


def marked(hands: Hands) -> list[str]:
    """What the form marks as the way that was used last, for the eye and the ear."""
    words = [*hands.texts(), *(each.accessibleDescription() for each in hands._visible(QPushButton))]
    return [each for each in words if "ast used" in each]


def kept_files(person: Person) -> list[bytes]:
    return [path.read_bytes() for path in person.folder.rglob("*") if path.is_file()]


async def untick(hands: Hands) -> None:
    [keep] = [box for box in hands._visible(QCheckBox) if "Keep me signed in" in box.text()]
    assert keep.isChecked()
    keep.click()


@pytest.mark.parametrize("door", ["password", "code"])
def test_who_was_remembered_and_no_longer_wants_it_is_forgotten(keeper: Person, door: str) -> None:
    account_made(replace(keeper, config=replace(keeper.config, store="memory")))
    keeper.folder.mkdir(parents=True, exist_ok=True)

    async def by_the_door(hands: Hands, bus: AuthBus) -> None:
        if door == "password":
            return await sign_in(keeper, hands)
        await hands.fill("Email", keeper.email)
        await hands.until(lambda: bus._auth._project is not None, "what the project offers")
        await settled()
        await hands.press(*[words for words in hands.texts() if words.startswith("Email me a code")])
        await hands.sees("six-digit code")
        await hands.press("Send code")
        await confirm(hands)
        return None

    async def remembered(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Welcome")
        await by_the_door(hands, bus)
        await hands.sees("Hello")
        await hands.press("Sign out")
        await hands.sees("You're signed out.")

    async def no_longer(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Welcome")
        await hands.until(lambda: email_in(hands) == keeper.email, "the address of last time")
        if door == "code":  # a password is marked only where there is something else beside it
            await hands.until(lambda: bool(marked(hands)), "the way of last time")
        await untick(hands)
        await by_the_door(hands, bus)
        await hands.sees("Hello")
        await hands.until(lambda: not any(keeper.email.encode() in each for each in kept_files(keeper)), "forgotten")

    async def afterwards(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Welcome")
        await hands.sees("Create an account")
        await hands.until(lambda: bus._auth._project is not None, "what the project offers")
        assert isinstance(bus.state.session, SignedOut)
        assert email_in(hands) == ""
        assert marked(hands) == []

    for story in (remembered, no_longer, afterwards):
        keeper.start(story)
