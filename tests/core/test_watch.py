"""Refreshing by itself: at the soft point of the server's clock, later after a failure, and never in a storm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Connection, TokenHealth
from tests.core.conftest import World
from tests.core.fakes import offline, refused
from tests.scenario import Run, settled, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED


async def pass_time(world: World, seconds: float, step: float = 10.0) -> None:
    """Let time pass as a running machine does, with everybody doing what is due."""
    for _ in range(int(seconds / step)):
        world.clock.advance(step)
        await settled(40)


def test_a_token_is_refreshed_at_its_soft_point_and_not_before(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await pass_time(world, 2690)
            assert world.gateway.calls == []
            await pass_time(world, 200)
            assert world.gateway.count("refresh") == 1
            assert world.names == [REFRESHED]

    run(scenario)


def test_a_day_of_an_hours_token_takes_a_refresh_an_hour_or_so(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await pass_time(world, 86_400, step=30.0)
            assert 30 <= world.gateway.count("refresh") <= 33

    run(scenario)


def test_it_never_sleeps_longer_than_half_a_minute(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await pass_time(world, 600)
            assert all(wait is not None and wait <= 30.0 for wait in world.clock.waits[1:])

    run(scenario)


def test_after_a_night_asleep_one_look_is_enough(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.clock.advance(8 * 3600.0)
            await until(lambda: world.names == [REFRESHED])
            assert auth.expires_at is not None
            assert auth.expires_at > world.clock.now()
            await settled()

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_nobody_costs_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth():
            world.clock.advance(86_400)
            await settled()
            assert world.clock.waits[-1] is None

    run(scenario)
    assert world.gateway.calls == []


def test_an_hour_without_network_is_tried_about_once_a_minute_and_survived(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session(left=1000.0)):
            world.gateway.script.plan("refresh", *[offline()] * 500)
            await pass_time(world, 3600)
            assert 50 <= world.gateway.count("refresh") <= 300
            assert world.held == world.vault.session == session
            assert world.health.token is TokenHealth.EXPIRED
            assert world.health.connection is Connection.OFFLINE
            assert set(world.names) == {FAILED}

    run(scenario)


def test_when_the_network_is_back_the_session_goes_on(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)):
            world.gateway.script.plan("refresh", offline(), offline())
            await pass_time(world, 400)
            assert world.names == [FAILED, FAILED, REFRESHED]
            assert world.health.connection is Connection.ONLINE
            assert world.health.token is TokenHealth.FRESH

    run(scenario)


def test_the_servers_own_pause_is_kept(world: World, run: Run) -> None:
    busy = refused("refresh", "over_request_rate_limit", ErrorKind.RATE_LIMITED, retry_after=300.0)

    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)):
            world.gateway.script.plan("refresh", busy)
            world.clock.advance(300)
            await until(lambda: world.events)
            await pass_time(world, 290)
            assert world.gateway.count("refresh") == 1
            await pass_time(world, 30)
            assert world.gateway.count("refresh") == 2

    run(scenario)


def test_a_server_that_asks_for_no_pause_is_not_stormed(world: World, run: Run) -> None:
    at_once = refused("refresh", "over_request_rate_limit", ErrorKind.RATE_LIMITED, retry_after=0.0)

    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)):
            world.gateway.script.plan("refresh", *[at_once] * 1000)
            world.clock.advance(999)
            await settled(1000)
            assert world.gateway.count("refresh") == 1

    run(scenario)


@pytest.mark.parametrize("ahead", [-90_000.0, -7200.0, 7200.0, 90_000.0])
def test_a_clock_that_lies_neither_storms_nor_starves(ahead: float, world: World, run: Run) -> None:
    """Our clock is ``ahead`` of the server's: its tokens seem to have ended long ago, or to last for days."""

    async def scenario() -> None:
        server = lambda: world.clock.now() - ahead  # noqa: E731 - the server's time

        def mint() -> object:
            world.server_clock.observe(server() - 0.5, world.clock.now(), 0.0)
            return replace(world.session(), expires_at=server() + 3600.0)

        world.gateway.script.plan("sign_in", mint)
        world.gateway.script.plan("refresh", *[mint] * 500)
        async with world.auth() as auth:
            await auth.sign_in("ada@example.com", world.password)
            world.forget()
            await pass_time(world, 7200, step=30.0)
            known = abs(ahead) <= 86_400
            assert world.gateway.count("refresh") <= (4 if known else 2 + 7200 / 30)
            assert known is False or world.gateway.count("refresh") >= 2

    run(scenario)


def test_a_server_that_always_gives_spent_tokens_is_asked_no_more_than_twice_a_minute(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)):
            spent = lambda: replace(world.session(), expires_at=world.clock.now() - 1)  # noqa: E731
            world.gateway.script.plan("refresh", *[spent] * 500)
            world.clock.advance(999)
            await settled(500)
            assert world.gateway.count("refresh") == 1
            await pass_time(world, 600)
            assert world.gateway.count("refresh") <= 21

    run(scenario)


@pytest.mark.parametrize("life", [10.0, 60.0, 120.0, 299.0])
def test_short_lives_are_renewed_in_time(life: float, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(life=life)) as auth:
            world.gateway.script.plan("refresh", *[lambda: world.session(life=life)] * 500)
            for _ in range(60):
                await pass_time(world, life / 10, step=life / 20)
                assert auth.expires_at is not None
                assert auth.expires_at > world.clock.now()
            assert world.gateway.count("refresh") <= 6 / 0.4

    run(scenario)
    assert set(world.names) == {REFRESHED}


def test_what_the_failure_was_is_told(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)):
            world.gateway.script.plan("refresh", offline())
            world.clock.advance(999)
            await until(lambda: world.events)
            assert world.events[0].cause is ErrorKind.OFFLINE
            assert world.events[0].user is not None
            assert Problem(ErrorKind.OFFLINE).code == ""

    run(scenario)
