"""The session really ends over somebody's work, on the real server: asked in again, and whose turn it is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Interrupted, Reason, SignedIn, SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.demo.people import PASSWORD, bearer, client, confirmed
from tests.journeys.conftest import Person, account_made, confirm, rows, sign_in, sign_up
from tests.qt.screen import everything
from tests.scenario import until

TAB, ENTER, ESCAPE = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape
ROOT = Path(__file__).parents[2]

# Another start of the app, without a window: signs out whoever is stored.
SIGNS_OUT = """
import asyncio, json, sys
from pathlib import Path
from desktopauth.adapters.config import Config
from desktopauth.connect import connect

async def main():
    known = asyncio.Event()
    async with connect(Config(**json.loads(sys.argv[1])), folder=Path(sys.argv[2])) as auth:
        auth.subscribe(lambda change: known.set())
        await known.wait()
        assert auth.status == "authenticated"
        assert await auth.sign_out().settled() == "revoked"

asyncio.run(main())
"""


async def ended_by_the_server(person: Person, bus: AuthBus) -> None:
    """They sign out everywhere, at another computer; here it shows at the next refresh."""
    async with client(person.lite) as http:
        grant = {"email": person.email, "password": person.password}
        answer = await http.post("/auth/v1/token", params={"grant_type": "password"}, json=grant)
        session = answer.raise_for_status().json()
        gone = await http.post("/auth/v1/logout", params={"scope": "global"}, headers=bearer(session))
        gone.raise_for_status()
    with pytest.raises(AuthError):
        await auth_of(bus).refresh()
    assert isinstance(bus.state.session, Interrupted)


def auth_of(bus: AuthBus) -> Auth:
    return bus._auth


def focus(hands: Hands) -> str:
    return hands._window.focusWidget().objectName()


async def may_type(hands: Hands) -> None:
    await hands.until(lambda: focus(hands) == "password", "the focus in the password field")


async def writing(person: Person, hands: Hands, words: str) -> None:
    await sign_in(person, hands)
    await hands.sees("No notes yet")
    await hands.type_in("the first note")
    await hands.key(ENTER)
    await hands.sees("the first note")
    await hands.type_in(words)


def test_the_same_person_is_back_by_keyboard_alone_and_their_text_is_still_there(person: Person) -> None:
    account_made(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        told: list[AuthEvent] = []
        await writing(person, hands, "half a thought")
        bus.event.connect(lambda change: told.append(change.event))
        await ended_by_the_server(person, bus)
        await hands.sees("You were signed out from another place. Sign in again.")
        assert not any("first note" in text or "Hello" in text for text in hands.texts())
        await may_type(hands)
        await hands.type_in(person.password)
        await hands.key(ENTER)
        await hands.sees(f"Hello, {person.email}")
        assert focus(hands) == "note"
        await hands.type_in(", and the rest")
        await hands.key(ENTER)
        both = ["the first note", "half a thought, and the rest"]
        await hands.until(lambda: rows(bus, hands, "notes") == both, "both notes")
        assert told == [AuthEvent.REAUTH_REQUIRED, AuthEvent.TOKEN_REFRESHED]
        assert any("REAUTH_REQUIRED" in line for line in rows(bus, hands, "events"))
        await hands.press("Sign out")
        await hands.sees("You're signed out.")

    async def later(hands: Hands, bus: AuthBus) -> None:
        await sign_in(person, hands)
        both = ["the first note", "half a thought, and the rest"]
        await hands.until(lambda: rows(bus, hands, "notes") == both, "what the server has")

    person.start(story)
    person.start(later)


async def grace_comes(person: Person, hands: Hands, bus: AuthBus) -> str:
    """Somebody else signs in over the work; their address."""
    async with client(person.lite) as http:
        grace: str = (await confirmed(person.lite, http))["user"]["email"]
    await ended_by_the_server(person, bus)
    await hands.sees("Sign in again")
    await hands.fill("Email", grace)
    await hands.fill("Password", PASSWORD)
    await hands.key(ENTER)
    await hands.sees(f"{grace} has just signed in.")
    return grace


def test_another_person_is_told_and_goes_back(person: Person) -> None:
    account_made(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await writing(person, hands, "half a thought")
        await grace_comes(person, hands, bus)
        await hands.key(ENTER)  # Back is the default
        await may_type(hands)
        await hands.type_in(person.password)
        await hands.key(ENTER)
        await hands.sees(f"Hello, {person.email}")
        await hands.key(ENTER)
        await hands.until(lambda: "half a thought" in rows(bus, hands, "notes"), "the note")

    person.start(story)


def test_another_person_is_told_and_goes_on_with_nothing_of_the_first_anywhere(person: Person) -> None:
    account_made(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await writing(person, hands, "half a thought")
        grace = await grace_comes(person, hands, bus)
        await hands.key(TAB)
        await hands.key(ENTER)
        await hands.sees(f"Hello, {grace}")
        await hands.sees("No notes yet")
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        left = everything(app)
        assert grace in left
        assert not [words for words in (person.email, "half a thought", "the first note") if words in left]
        client_now = await auth_of(bus).supabase()
        assert list((await client_now.table("notes").select("body").execute()).data) == []
        await hands.type_in("mine")
        await hands.key(ENTER)
        await hands.until(lambda: rows(bus, hands, "notes") == ["mine"], "her note")

    person.start(story)


@pytest.mark.parametrize("words", ["half a thought", ""])
def test_a_sign_out_in_another_process_covers_open_work_and_else_just_signs_out(
    keeper: Person, account: Path, words: str
) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees("No notes yet")
        await hands.type_in(words)
        await asyncio.to_thread(signs_out, keeper, account)
        await until(lambda: _looks(bus), what="the end of the session")
        await hands.sees("You signed out in another window.")
        if not words:
            assert bus.state.session == SignedOut(Reason.ELSEWHERE)
            await hands.sees("Welcome")
            return
        assert isinstance(bus.state.session, Interrupted)
        await may_type(hands)
        await hands.type_in(keeper.password)
        await hands.key(ENTER)
        await hands.sees(f"Hello, {keeper.email}")
        await hands.key(ENTER)
        await hands.until(lambda: rows(bus, hands, "notes") == [words], "the note")

    async def later(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(f"Hello, {keeper.email}" if words else "Welcome")

    keeper.start(story)
    keeper.start(later)


def signs_out(person: Person, folder: Path) -> None:
    names = type(person.config).__slots__
    config = {name: getattr(person.config, name) for name in names if name not in ("nudges", "provider_scopes")}
    subprocess.run(
        (sys.executable, "-c", SIGNS_OUT, json.dumps(config), str(folder)),
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=True,
        timeout=20,
    )


def _looks(bus: AuthBus) -> bool:
    auth_of(bus).nudge()  # as the window does when the person comes back to it
    return not isinstance(bus.state.session, SignedIn)


def test_who_gives_up_is_out_and_the_next_start_asks_them_in(keeper: Person) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees("No notes yet")
        await hands.type_in("half a thought")
        await ended_by_the_server(keeper, bus)
        await hands.press("Sign out, and discard what isn't saved")
        await hands.sees("You're signed out.")
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        assert "half a thought" not in everything(app)

    async def later(hands: Hands, bus: AuthBus) -> None:
        await hands.until(lambda: isinstance(bus.state.session, SignedOut | SignedIn), "an answer")
        assert isinstance(bus.state.session, SignedOut)

    keeper.start(story)
    keeper.start(later)


def test_a_code_for_an_address_that_is_not_confirmed_can_be_cancelled_over_the_work(person: Person) -> None:
    """The other account was never confirmed: the code view comes, and goes back to the form for the first one."""
    account_made(person)
    other = replace(person, email=f"other-{person.email}")

    async def signed_up_only(hands: Hands, bus: AuthBus) -> None:
        await sign_up(other, hands)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await writing(person, hands, "half a thought")
        await ended_by_the_server(person, bus)
        await hands.sees("Sign in again")
        await hands.fill("Email", other.email)
        await hands.fill("Password", other.password)
        await hands.key(ENTER)
        await hands.sees(f"We sent a code to {other.email}.")
        await hands.key(ESCAPE)
        await hands.sees("Sign in again")
        await hands.fill("Email", person.email)
        await hands.fill("Password", person.password)
        await hands.key(ENTER)
        await hands.sees(f"Hello, {person.email}")
        assert focus(hands) == "note"

    person.start(signed_up_only)
    person.start(story)
