"""What makes it look again before its time: a word from outside, a lid that was opened, a clock that was set."""

from __future__ import annotations

import random

import pytest

from desktopauth.core.errors import ErrorKind, VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.ports import Unread
from tests.core.conftest import World
from tests.core.fakes import Gate, offline, refused
from tests.scenario import Run, settled, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED
LIMITED = refused("refresh", "over_request_rate_limit", ErrorKind.RATE_LIMITED, status=429)


def test_a_nudge_tries_again_at_once_after_a_dead_network(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", *[offline()] * 4)
            for _ in range(4):
                world.clock.advance(3600)
                await settled(60)
            assert world.names == [FAILED] * 4
            auth.nudge()
            await until(lambda: world.names[-1] == REFRESHED)

    run(scenario)


def test_a_nudge_does_not_shorten_what_the_server_asked_for(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", LIMITED)
            world.clock.advance(3000)
            await until(lambda: world.names == [FAILED])
            auth.nudge()
            await settled(60)
            assert world.gateway.count("refresh") == 1

    run(scenario)


def test_a_nudge_before_anything_is_due_asks_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            for _ in range(10):
                auth.nudge()
                await settled(20)
            assert world.gateway.calls == []

    run(scenario)


def test_a_nudge_with_nobody_signed_in_is_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.nudge()
            await settled(20)

    run(scenario)
    assert world.gateway.calls == []


def test_an_opened_lid_does_not_wait_out_a_pause_from_before(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, most: most)  # the longest pauses, up to a minute

    async def scenario() -> None:
        async with world.signed_in():
            world.gateway.script.plan("refresh", *[offline()] * 7)
            for _ in range(7):
                world.clock.advance(3600)
                await settled(60)
            asked = world.gateway.count("refresh")
            world.clock.suspend(10.0)
            world.clock.advance(20)  # the next tick, half a minute before the pause is over
            await until(lambda: world.gateway.count("refresh") == asked + 1)
            await until(lambda: world.names[-1] == REFRESHED)

    run(scenario)


def test_a_nudge_in_the_middle_of_a_look_is_not_lost(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("load", gate := Gate(Unread(VaultProblem.LOCKED)))
            world.vault.put(theirs := world.session())
            auth.nudge()
            await gate.reached.wait()
            auth.nudge()
            gate.open()
            await until(lambda: world.held == theirs)

    run(scenario)
