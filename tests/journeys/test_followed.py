"""What one copy of the app does is followed by the window of another at once, and a quiet app stays quiet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desktopauth.adapters.vault import KeyringVault
from desktopauth.core import schedule
from desktopauth.core.auth import Auth
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.canary import Canary
from tests.journeys.conftest import Person, confirm, sign_up
from tests.journeys.copies import started_copy
from tests.journeys.machine import Machine


@pytest.fixture(autouse=True)
def no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked at because it is time to."""
    monkeypatch.setattr(schedule, "_TICK", 600.0)


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[Auth]:
    """The window's session, once for each nudge that it got."""
    told: list[Auth] = []
    original = Auth.nudge

    def nudge(auth: Auth) -> None:
        told.append(auth)
        original(auth)

    monkeypatch.setattr(Auth, "nudge", nudge)
    return told


def test_who_signs_out_in_another_copy_is_out_in_the_window(keeper: Person, account: Path, canary: Canary) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees(f"Hello, {keeper.email}")
        told = Machine(keeper.config, account, keeper.email, canary).told
        async with started_copy(told, account, canary) as copy:
            await copy.begins()
            assert (await copy.do("sign_out"))["status"] == "unauthenticated"
            await hands.sees("You signed out in another window.")

    keeper.start(story)


def test_a_quiet_app_stays_quiet_and_its_own_writing_is_no_news(
    keeper: Person, account: Path, canary: Canary, nudges: list[Auth], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[None] = []
    load = KeyringVault.load

    async def counted(vault: KeyringVault, *args: object, **more: object) -> object:
        reads.append(None)
        return await load(vault, *args, **more)  # type: ignore[arg-type]

    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees(f"Hello, {keeper.email}")
        monkeypatch.setattr(KeyringVault, "load", counted)
        await asyncio.sleep(0.5)  # what was written by signing in has been told
        nudges.clear()
        reads.clear()
        told = Machine(keeper.config, account, keeper.email, canary).told
        async with started_copy(told, account, canary) as copy:
            await copy.begins()
            await asyncio.sleep(0.5)
            assert (len(nudges), len(reads)) == (0, 0), "a copy that only looks is no news"
            await copy.do("refresh")
            await hands.until(lambda: bool(reads), "a look at what the other has stored")
            await asyncio.sleep(0.5)
            assert (len(nudges), len(reads)) == (1, 1)
            await nudges[0].refresh()
            await hands.until(lambda: len(nudges) == 2, "the nudge by its own writing")
            await asyncio.sleep(0.5)
            assert (len(nudges), len(reads)) == (2, 2), "the second read is the refresh's own, before it asks"

    keeper.start(story)
