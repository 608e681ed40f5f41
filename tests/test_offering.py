"""What is offered at the door: which door is marked as the last one, and who is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.models import Project
from desktopauth.core.state import Interrupted
from desktopauth.offering import Offering
from tests.canary import Canary
from tests.core.conftest import ADA, World
from tests.core.fakes import ending, offline, quietly
from tests.scenario import Run, settled


class Known:
    """What is remembered, in memory."""

    def __init__(self, door: str = "", email: str = "") -> None:
        self.door, self.email = door, email

    def note(self, door: str, email: str) -> None:
        self.door, self.email = door, email

    def forget(self) -> None:
        self.note("", "")


@pytest.fixture
def world(canary: Canary) -> World:
    return World(canary)


@asynccontextmanager
async def offered(auth: Auth, known: Known, wanted: Callable[[], bool]) -> AsyncIterator[list[str]]:
    """The last doors that were shown, in order."""
    shown: list[str] = []

    def show(_project: Project, last: str) -> None:
        shown.append(last)

    running = asyncio.create_task(Offering(auth, show, known, providers=("github",), wanted=wanted).run())
    await settled()
    try:
        yield shown
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_the_door_that_led_in_is_marked_at_the_next_sign_out(world: World, run: Run) -> None:
    world.gateway.script.plan("project", offline("project"))

    async def scenario() -> None:
        async with world.auth() as auth, offered(auth, Known("github", ADA.email), lambda: True) as shown:
            assert shown == ["github"]
            await auth.sign_in(ADA.email, world.password)
            auth.sign_out()
            assert shown == ["github", "password"]

    run(scenario)


def test_who_is_asked_in_again_and_not_to_be_remembered_is_forgotten(world: World, run: Run) -> None:
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))
    known, wanted = Known("github", ADA.email), [True]

    async def scenario() -> None:
        async with world.signed_in() as auth, offered(auth, known, lambda: wanted[-1]):
            await quietly(auth.refresh())
            assert isinstance(world.who(), Interrupted)
            assert known.email
            wanted.append(False)
            await auth.sign_in(ADA.email, world.password)
            assert (known.door, known.email) == ("", "")

    run(scenario)
