"""The access token: handed out while it is good, waited for past its hard point, and never for ever."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import SignedIn
from tests.core.conftest import World
from tests.core.fakes import Gate, offline
from tests.scenario import Run, settled, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED


@pytest.mark.parametrize("left", [3600.0, 700.0, 31.0])
def test_before_the_hard_point_the_token_is_handed_out_as_it_is(left: float, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session(left=3600.0)) as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            world.clock.advance(3600.0 - left)
            assert await auth.access_token() == session.access_token
            gate.open()
            await settled()

    run(scenario)


@pytest.mark.parametrize("left", [29.0, 0.0, -90_000.0])
def test_past_the_hard_point_everybody_waits_for_one_refresh(left: float, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            world.clock.advance(3600.0 - left)
            asking = [asyncio.create_task(auth.access_token()) for _ in range(20)]
            await gate.reached.wait()
            await settled()
            assert not any(task.done() for task in asking)
            gate.open()
            tokens = set(await asyncio.gather(*asking))
            assert world.held is not None
            assert tokens == {world.held.access_token}

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_token_that_is_still_good_serves_while_the_server_is_away(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", *[offline()] * 5)
            world.clock.advance(3580.0)
            assert await auth.access_token() == session.access_token
            world.clock.advance(20.0)
            with pytest.raises(AuthError) as raised:
                await auth.access_token()
            assert raised.value.kind is ErrorKind.OFFLINE
            assert isinstance(world.who(), SignedIn)

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_a_server_that_never_answers_is_not_waited_for_for_ever(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            world.clock.advance(3571.0)
            assert await auth.access_token() == session.access_token
            world.clock.advance(30.0)
            with pytest.raises(AuthError) as raised:
                await auth.access_token()
            assert raised.value.problem == Problem(ErrorKind.OFFLINE, "refresh", Outcome.UNREACHABLE)
            gate.open()
            await until(lambda: REFRESHED in world.names)
            assert world.held is not None
            assert await auth.access_token() == world.held.access_token

    run(scenario)
    assert world.gateway.count("refresh") == 1


@pytest.mark.usefixtures("hurried")
def test_who_is_signed_out_while_waiting_gets_no_token(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            world.clock.advance(3590.0)
            asking = asyncio.create_task(auth.access_token())
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            assert await asking is None

    run(scenario)
