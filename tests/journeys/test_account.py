"""The account on a real server: what was changed there is what the next sign-in goes by."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from desktopauth.core.models import UserChange
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from desktopauth.qt.views.avatar import Portrait
from tests.canary import Canary
from tests.journeys.conftest import Person, account_made, confirm, sign_in
from tests.scripted_server import Reply, scripted_server

ENTER = Qt.Key.Key_Return
RED = base64.b64decode(  # one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


def test_a_name_and_a_password_are_changed_over_the_work(person: Person, canary: Canary) -> None:
    account_made(person)
    new = canary.secret("the new password")

    async def change(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands)
        await hands.sees("Hello")
        await hands.type_in("half a note")
        await hands.press("Account")
        await hands.fill("Name", "Ada <b>King</b>")
        await hands.key(ENTER)
        await hands.sees("Saved.")
        await hands.sees("Hello, Ada <b>King</b>")
        await hands.press("Change password")
        await hands.fill("New password", "short")
        await hands.key(ENTER)
        await hands.sees("This is asked for here:")
        await hands.fill("New password", new)
        await hands.key(ENTER)
        await hands.sees("Your password is changed.")
        await hands.press("Back")
        await hands.press("Add")
        await hands.until(lambda: "half a note" in hands.texts(), "the note")

    async def come_back(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands)
        await hands.sees("don't match")
        await sign_in(person, hands, new)
        await hands.sees("Hello, Ada <b>King</b>")

    person.start(change)
    person.start(come_back)


def test_a_forgotten_password_is_replaced_by_code(person: Person, canary: Canary) -> None:
    account_made(person)
    new = canary.secret("the new password")

    async def forget(hands: Hands, bus: AuthBus) -> None:
        await hands.fill("Email", person.email)
        await hands.press("Forgot password?")
        await hands.key(ENTER)
        await confirm(hands)
        await hands.sees("Choose a new password")
        await hands.type_in(new)
        await hands.key(ENTER)
        await hands.sees("Hello")

    async def come_back(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands, new)
        await hands.sees("Hello")

    person.start(forget)
    person.start(come_back)


def test_another_address_is_proved_by_code(person: Person) -> None:
    account_made(person)
    new = f"new-{person.email}"

    async def move(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands)
        await hands.press("Account")
        await hands.press("Change email")
        await hands.fill("New email", new)
        await hands.key(ENTER)
        await hands.sees(f"We sent a code to {new}")
        await confirm(hands)
        await hands.sees("Your email is changed.")
        await hands.sees(f"Hello, {new}")

    person.start(move)


@pytest.mark.parametrize("on", [True, False])
def test_a_picture_is_shown_where_the_app_wants_pictures_and_nobody_is_asked_where_not(
    person: Person, on: bool
) -> None:
    account_made(person)
    seen: list[bool] = []

    async def look(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands)
        await hands.sees("Hello")
        await bus._auth.update_user(UserChange(facts={"avatar_url": f"{pictures.url}/me", "full_name": "Ada King"}))
        await hands.press("Account")
        await hands.sees("AK")
        portrait = hands._window.findChild(Portrait)
        assert isinstance(portrait, Portrait)
        if on:
            await hands.until(portrait.has_picture, "the picture")
        seen.append(portrait.has_picture())

    with scripted_server() as pictures:
        pictures.always = lambda _: Reply(200, RED, {"Content-Type": "image/png"})
        replace(person, config=replace(person.config, avatars=on)).start(look)
        assert seen == [on]
        assert [request.path for request in pictures.seen] == (["/me"] if on else [])
        assert not any(request.header("authorization") or request.header("apikey") for request in pictures.seen)
