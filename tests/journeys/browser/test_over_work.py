"""What a sign-in by the browser is worth later: over somebody's work, at the provider's own API, and when it ends."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox

from desktopauth.core import browsing
from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.redirect import Verdict
from desktopauth.core.state import Interrupted, PasswordForm, SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.demo.people import client, somebody
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import BUTTON, TITLES, leaves
from tests.journeys.browser.provider import Provider
from tests.journeys.conftest import Person, rows


def auth_of(bus: AuthBus) -> Auth:
    return bus._auth


async def comes_in(hands: Hands, bus: AuthBus, chromium: Chromium) -> None:
    tab = await leaves(hands, bus, chromium)
    await tab.press("Allow")
    await tab.reads(TITLES[Verdict.SIGNED_IN])


async def writes(person: Person, hands: Hands, bus: AuthBus, chromium: Chromium) -> None:
    """They are in, and writing, when the server ends their session."""
    await comes_in(hands, bus, chromium)
    await hands.sees("No notes yet")
    await hands.fill("New note", "half a thought")
    async with client(person.lite, Authorization=f"Bearer {await auth_of(bus).access_token()}") as http:
        (await http.post("/auth/v1/logout", params={"scope": "global"})).raise_for_status()
    with pytest.raises(AuthError):
        await auth_of(bus).refresh()
    assert isinstance(bus.state.session, Interrupted)


def test_who_has_no_password_comes_back_to_their_work_by_the_browser(guest: Person, chromium: Chromium) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await writes(guest, hands, bus, chromium)
        await hands.sees("Your work is still here, as you left it.")
        await comes_in(hands, bus, chromium)
        await hands.sees("Hello, ")
        await hands.key(Qt.Key.Key_Return)
        await hands.until(lambda: rows(bus, hands, "notes") == ["half a thought"], "the note")

    guest.start(story)


def test_somebody_else_at_the_browser_does_not_get_their_work(
    guest: Person, chromium: Chromium, provider: Provider
) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await writes(guest, hands, bus, chromium)
        other = somebody()
        provider.seat(other)
        await comes_in(hands, bus, chromium)
        await hands.sees(f"{other} has just signed in.")
        assert isinstance(bus.state.session, Interrupted)
        assert not any("half a thought" in text for text in hands.texts())
        provider.seat(guest.email)
        await hands.press("Back")
        await comes_in(hands, bus, chromium)
        await hands.sees("Hello, ")

    guest.start(story)


def test_the_providers_own_token_serves_until_the_sign_out(
    regular: Person, chromium: Chromium, provider: Provider
) -> None:
    async def known_there(token: str | None) -> bool:
        async with httpx.AsyncClient(base_url=provider.url, trust_env=False) as http:
            answer = await http.get("/api/v3/user", headers={"Authorization": f"Bearer {token}"})
        return answer.is_success and answer.json()["email"] == regular.email

    async def first(hands: Hands, bus: AuthBus) -> None:
        await comes_in(hands, bus, chromium)
        await hands.sees("Hello, ")
        assert not await known_there(await auth_of(bus).access_token())
        assert await known_there(await auth_of(bus).provider_token("github"))
        await auth_of(bus).refresh()
        assert await known_there(await auth_of(bus).provider_token("github"))

    async def second(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Hello, ")
        assert await known_there(await auth_of(bus).provider_token("github"))
        await hands.press("Sign out")
        await hands.sees("You're signed out.")
        with pytest.raises(AuthError) as gone:
            await auth_of(bus).provider_token("github")
        assert gone.value.problem.kind is ErrorKind.SESSION_MISSING
        await comes_in(hands, bus, chromium)
        await hands.sees("Hello, ")

    for story in (first, second):
        regular.start(story)


def test_who_never_comes_back_is_told_what_it_may_be(
    guest: Person, chromium: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "LIFE", 1.0)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.press(BUTTON)
        await hands.sees("Your browser never came back here. Try again. If it never does, this app's address may be")
        assert isinstance(bus.state.flow, PasswordForm)

    guest.start(story)


def stored() -> set[str]:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        return {item.item_path for item in secretstorage.get_default_collection(bus).get_all_items()}


def test_who_is_not_to_be_remembered_leaves_nothing(regular: Person, chromium: Chromium) -> None:
    before = stored()
    regular.folder.mkdir(parents=True)

    async def first(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(BUTTON)
        [keep] = [box for box in hands._visible(QCheckBox) if "Keep me signed in" in box.text()]
        keep.setFocus()
        await hands.key(Qt.Key.Key_Space)
        await comes_in(hands, bus, chromium)
        await hands.sees("Hello, ")
        assert await auth_of(bus).provider_token("github"), "for this run"
        assert stored() == before

    async def second(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(BUTTON)
        assert isinstance(bus.state.session, SignedOut)
        assert "Last used" not in hands.texts()

    for story in (first, second):
        regular.start(story)
    assert stored() == before
    assert [path for path in regular.folder.rglob("*") if path.is_file()] == []
