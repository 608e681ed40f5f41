"""Sign-out in the middle of a refresh: wherever it was, nobody comes back and the next one is not held up."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desktopauth.core.events import AuthEvent
from desktopauth.core.state import SignedOut
from tests.core.conftest import World
from tests.core.fakes import Gate, offline, quietly
from tests.scenario import Run, settled, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED


@pytest.mark.parametrize("where", ["refresh", "load", "save"])
def test_sign_out_during_a_refresh_never_brings_the_person_back(where: str, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            gate = Gate()
            (world.gateway.script if where == "refresh" else world.vault.script).plan(where, gate)
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            auth.sign_out()
            assert isinstance(world.who(), SignedOut)
            gate.open()
            await refreshing
            await until(lambda: world.gateway.count("sign_out"))
            assert (world.held, auth.user) == (None, None)

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]
    assert world.vault.session is None
    assert world.gateway.count("refresh") == (0 if where == "load" else 1), "no token is used after its sign-out"


def test_sign_out_while_waiting_for_the_lock_asks_the_server_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            async with world.locks.lock:  # a sibling's
                refreshing = asyncio.create_task(auth.refresh())
                await settled()
                auth.sign_out()
            await refreshing

    run(scenario)
    assert world.gateway.count("refresh") == 0
    assert world.names == [AuthEvent.SIGNED_OUT]


def test_a_failure_that_comes_after_sign_out_is_nobodys(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(offline()))
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await quietly(refreshing)

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]


def test_the_next_person_does_not_wait_for_the_last_ones_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(offline()))
            stuck = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            auth.sign_out()
            theirs = replace(world.session("s2"), expires_at=world.clock.now() + 10)
            world.gateway.script.plan("sign_in", theirs)
            await auth.sign_in("eve@example.com", world.password)
            refreshing = asyncio.create_task(auth.refresh())
            gate.open()
            await quietly(stuck)
            await refreshing
            assert world.held is not None
            assert world.held.access_token != theirs.access_token

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT, AuthEvent.SIGNED_IN, REFRESHED]


def test_a_failure_of_who_has_left_is_not_kept_for_who_asks_next(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", offline())
            await quietly(auth.refresh())
            auth.sign_out()
            await auth.refresh()

    run(scenario)
    assert world.gateway.count("refresh") == 1
