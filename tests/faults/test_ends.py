"""The six answers that end a session: told once, and not believed while somebody's newer token lies on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault
from desktopauth.core.errors import ENDING_CODES, AuthError
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import Session
from desktopauth.core.ports import Saved
from desktopauth.core.state import Reason, SignedIn
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import PASSWORD
from tests.faults.proxy import Say
from tests.faults.table import AGES, END_WHILE_SIGNED_IN
from tests.faults.world import App, World, session_in
from tests.scenario import Run

SIGNED_IN = [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]


def ending(code: str) -> Say:
    return Say(400, {"code": code, "message": "Whatever the server says"})


@pytest.mark.parametrize("code", ENDING_CODES)
def test_an_end_is_told_once(world: World, run: Run, code: str) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            world.proxy.spoil = ending(code)
            world.clock.advance(AGES["in margin"].seconds)
            told = await app.tells(END_WHILE_SIGNED_IN)
            assert told.reason == Reason(ENDING_CODES[code])
            await is_over(world, app)
            assert app.names == [*SIGNED_IN, END_WHILE_SIGNED_IN]
        assert not world.holds_anything()
        async with world.app() as app:
            assert app.names == [AuthEvent.INITIAL_SESSION]
            assert app.auth.user is None
        assert len(world.proxy.refreshes) == 1

    run(scenario)


async def is_over(world: World, app: App) -> None:
    """No token, whoever asks, and no request, however much time passes."""
    with pytest.raises(AuthError):
        await app.auth.access_token()
    app.auth.nudge()
    world.clock.advance(60)
    await app.asleep()
    await app.auth.refresh()


@pytest.mark.parametrize("code", ENDING_CODES)
def test_an_end_is_not_believed_while_a_newer_token_lies_on_disk(
    world: World, lite: EmbeddedServer, run: Run, code: str
) -> None:
    """Another copy of the app has refreshed meanwhile, on a disk without locks."""
    adopts(world, run, ending(code), lambda: sibling(world, lite, "refresh_token"))


def test_an_end_is_not_believed_while_the_same_person_is_signed_in_anew(
    world: World, lite: EmbeddedServer, run: Run
) -> None:
    adopts(world, run, ending("session_not_found"), lambda: sibling(world, lite, "password"))


def adopts(world: World, run: Run, end: Say, meanwhile: Callable[[], None]) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            before = world.stored()
            world.proxy.play(end)
            world.proxy.meanwhile = meanwhile
            world.clock.advance(AGES["in margin"].seconds)
            await app.tells(AuthEvent.TOKEN_REFRESHED)
            world.proxy.meanwhile = lambda: None
            assert isinstance(app.auth.state.session, SignedIn)
            assert app.names == [*SIGNED_IN, AuthEvent.TOKEN_REFRESHED]
            theirs = world.stored()
            assert theirs.generation > before.generation
            assert await app.auth.access_token() == session_in(theirs).access_token
            assert len(world.proxy.refreshes) == 1
            await goes_on(world, app)

    run(scenario)


async def goes_on(world: World, app: App) -> None:
    """The adopted one is whole: it can be refreshed, here and after the next start."""
    await app.auth.refresh()
    assert app.names == [*SIGNED_IN, AuthEvent.TOKEN_REFRESHED, AuthEvent.TOKEN_REFRESHED]
    async with world.app() as next_one:
        assert next_one.auth.user == app.auth.user


def sibling(world: World, lite: EmbeddedServer, grant: str) -> None:
    """Another copy of the app gets a session of the same person, and stores it."""
    there = world.stored()
    told: dict[str, Any] = {"refresh_token": session_in(there).refresh_token}
    if grant == "password":
        told = {"email": world.email, "password": PASSWORD}
    headers = {"apikey": lite.publishable_key}
    with httpx.Client(base_url=lite.url, headers=headers, trust_env=False) as http:
        answer = http.post("/auth/v1/token", params={"grant_type": grant}, json=told).raise_for_status()
    made = Session.from_wire(answer.json())
    asyncio.run(store(world, replace(made, expires_at=world.clock.now() + made.expires_in), there.generation))


async def store(world: World, session: Session, over: int) -> None:
    state, locks = StateFile(world.folder, world.entry), FileLocks(world.folder, world.entry)
    vault = KeyringVault(world.entry, state=state, locks=locks)
    try:
        new_stay = session.id != session_in(world.stored()).id
        kept = await vault.save(session.to_json(), session_id=session.id, over=None if new_stay else over)
        assert isinstance(kept, Saved)
    finally:
        vault.close()
