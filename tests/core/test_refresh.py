"""Refreshing: one request however many ask, a session that survives every failure, and never a storm."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Connection, SignedIn, TokenHealth
from tests.core.conftest import World
from tests.core.fakes import Gate, offline, refused
from tests.scenario import Run, settled, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED
KEEPS = [
    offline(),
    refused("refresh", "", ErrorKind.SERVER, status=502),
    refused("refresh", "unexpected_failure", ErrorKind.SERVER, status=500),
    refused("refresh", "over_request_rate_limit", ErrorKind.RATE_LIMITED, status=429),
    refused("refresh", "", ErrorKind.BAD_KEY, status=401),
    refused("refresh", "conflict", status=409),
    refused("refresh", "request_timeout", status=408),
    refused("refresh", "never_heard_of", status=400),
    refused("refresh", "user_not_found", status=403),
    AuthError(Problem(ErrorKind.SERVER, "refresh", Outcome.UNREADABLE, 200)),
    AuthError(Problem(ErrorKind.UNTRUSTED_CERTIFICATE, "refresh", Outcome.UNREACHABLE)),
    AuthError(Problem(ErrorKind.MISUSE, "refresh", Outcome.MISUSE)),
]


def test_locked_asked_saved_shown_released_told(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            old, fresh = world.held, world.session()
            shown: list[object] = []
            world.locks.on_release = lambda: shown.extend([world.held, *world.names])
            world.gateway.script.plan("refresh", fresh)
            await auth.refresh()
            assert old is not None
            assert world.gateway.calls[0].arguments == (old.refresh_token,)
            assert shown == [fresh], "in memory before the lock is released, told after"
            assert world.vault.session == fresh
            assert world.health.token is TokenHealth.FRESH

    run(scenario)
    assert world.journal == ["locked", "load", "refresh", "save", "released", "TOKEN_REFRESHED"]
    assert world.names == [REFRESHED]


def test_a_hundred_callers_are_one_request(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            callers = [asyncio.create_task(auth.refresh()) for _ in range(100)]
            await gate.reached.wait()
            callers += [asyncio.create_task(auth.refresh()) for _ in range(100)]
            await settled()
            gate.open()
            await asyncio.gather(*callers)
            assert world.held == fresh

    run(scenario)
    assert world.gateway.count("refresh") == 1
    assert world.names == [REFRESHED]


def test_a_hundred_callers_share_one_failure(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", lost := offline())
            came = await asyncio.gather(*(auth.refresh() for _ in range(100)), return_exceptions=True)
            assert set(came) == {lost}

    run(scenario)
    assert world.gateway.count("refresh") == 1
    assert world.names == [FAILED]


def test_one_callers_cancellation_is_no_business_of_the_others(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            first, second = (asyncio.create_task(auth.refresh()) for _ in range(2))
            await gate.reached.wait()
            first.cancel()
            await settled()
            assert first.cancelled()
            gate.open()
            await second
            assert world.held == fresh

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_the_only_callers_cancellation_loses_no_token_either(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            caller = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            caller.cancel()
            gate.open()
            await until(lambda: world.names == [REFRESHED])
            assert world.vault.session == world.held == fresh

    run(scenario)


def test_nobody_has_nothing_to_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.refresh()

    run(scenario)
    assert world.gateway.calls == []


@pytest.mark.parametrize("error", KEEPS, ids=lambda error: str(error.problem.code or error.problem.kind))
def test_every_other_answer_keeps_the_session(error: AuthError, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", error)
            with pytest.raises(AuthError):
                await auth.refresh()
            assert world.held == world.vault.session == session
            assert isinstance(world.who(), SignedIn)
            unreachable = error.problem.outcome is Outcome.UNREACHABLE
            assert world.health.connection is (Connection.OFFLINE if unreachable else Connection.DEGRADED)
            assert world.names == [FAILED]
            assert world.events[0].cause is error.kind
            assert world.events[0].retry_at is not None
            assert world.events[0].retry_at > world.clock.now()

    run(scenario)
    assert world.vault.calls == ["load", "load"]
    assert world.tombstones.laid == set()


def test_until_its_time_has_come_a_failure_is_not_tried_again(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", lost := offline())
            for _ in range(50):
                with pytest.raises(AuthError) as raised:
                    await auth.refresh()
                assert raised.value.problem == lost.problem
            assert world.gateway.count("refresh") == 1
            world.clock.advance(1.0)
            await auth.refresh()
            assert world.health.connection is Connection.ONLINE

    run(scenario)
    assert world.gateway.count("refresh") == 2
    assert world.names == [FAILED, REFRESHED]
