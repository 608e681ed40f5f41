"""A token that a server refused as stale: one refresh for all who met it, for the same person, and never a storm."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desktopauth.core import tokens as tokens_module
from desktopauth.core.auth import Auth
from desktopauth.core.models import Session, User
from desktopauth.core.ports import Tokens
from tests.core.conftest import World
from tests.core.fakes import Gate, ending, offline, token
from tests.scenario import Run, settled

EVE = User("eve", "eve@example.com")


async def tokens_of(auth: Auth, world: World) -> Tokens:
    await auth.supabase()
    return world.clients[-1]


def aged(world: World, age: float, life: float = 3600.0) -> Session:
    return world.session(life=life, left=life - age)


def test_a_refused_token_is_renewed_once_for_all(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            asking = [asyncio.create_task(tokens.renew(session.access_token)) for _ in range(100)]
            await gate.reached.wait()
            asking += [asyncio.create_task(tokens.renew(session.access_token)) for _ in range(100)]
            await settled()
            gate.open()
            assert set(await asyncio.gather(*asking)) == {fresh.access_token}
            assert await tokens.renew(session.access_token) == fresh.access_token, "at once: it is here already"

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_renewal_joins_the_refresh_that_is_under_way(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            renewing = asyncio.create_task(tokens.renew(session.access_token))
            await settled()
            gate.open()
            await refreshing
            assert world.held is not None
            assert await renewing == world.held.access_token

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_with_nobody_signed_in_there_is_nothing_to_renew(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert await (await tokens_of(auth, world)).renew(token("s1", "old")) is None

    run(scenario)
    assert world.gateway.calls == []


@pytest.mark.parametrize("error", [offline(), ending("session_not_found")], ids=["offline", "ended"])
def test_a_refresh_that_fails_renews_nothing(error: Exception, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", error)
            for _ in range(50):
                assert await tokens.renew(session.access_token) is None

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_after_a_failure_it_is_tried_again_when_its_time_has_come(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", offline(), fresh := world.session())
            assert await tokens.renew(session.access_token) is None
            world.clock.advance(1.0)
            assert await tokens.renew(session.access_token) == fresh.access_token

    run(scenario)
    assert world.gateway.count("refresh") == 2


@pytest.mark.parametrize(
    ("age", "life", "refreshes"), [(0, 3600, 0), (29, 3600, 0), (30, 3600, 1), (1.4, 2, 0), (2.1, 2, 1), (60, 2, 1)]
)
def test_a_young_token_is_not_renewed(age: float, life: float, refreshes: int, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", session := aged(world, age, life))
            await auth.sign_in("ada@example.com", world.password)
            renewed = await (await tokens_of(auth, world)).renew(session.access_token)
            assert (renewed is not None) == bool(refreshes)

    run(scenario)
    assert world.gateway.count("refresh") == refreshes


@pytest.mark.parametrize("jump", [0.0, -7200.0, 1200.0])
def test_who_refuses_every_token_causes_one_refresh_even_by_a_wrong_clock(jump: float, world: World, run: Run) -> None:
    def made_by_the_servers_clock() -> Session:
        return replace(fresh := world.session(), expires_at=fresh.expires_at - jump)

    async def scenario() -> None:
        async with world.signed_in(aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.clock.advance(jump)
            await settled()
            world.gateway.calls.clear()
            world.gateway.script.plan("refresh", *[made_by_the_servers_clock] * 5)
            for _ in range(1000):
                assert world.held is not None
                await tokens.renew(world.held.access_token)

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_who_asks_while_it_is_renewed_gets_the_new_one(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            renewing = asyncio.create_task(tokens.renew(session.access_token))
            await gate.reached.wait()
            asking = [asyncio.create_task(ask()) for ask in (tokens.access_token, auth.access_token)]
            await settled()
            assert not any(task.done() for task in asking)
            gate.open()
            assert await asyncio.gather(*asking) == [fresh.access_token] * 2
            await renewing

    run(scenario)


def test_who_waited_for_a_renewal_that_failed_gets_the_old_one(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(offline()))
            renewing = asyncio.create_task(tokens.renew(session.access_token))
            await gate.reached.wait()
            asking = asyncio.create_task(tokens.access_token())
            gate.open()
            assert await asking == session.access_token
            assert await renewing is None

    run(scenario)


def test_one_callers_cancellation_does_not_end_the_renewal(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            first, second = (asyncio.create_task(tokens.renew(session.access_token)) for _ in range(2))
            await gate.reached.wait()
            first.cancel()
            gate.open()
            assert await second == fresh.access_token

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_server_that_never_answers_is_not_waited_for_for_ever(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "_WAIT", 0.02)

    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(fresh := world.session()))
            assert await tokens.renew(session.access_token) is None
            assert await tokens.access_token() == session.access_token
            gate.open()
            await settled()
            assert await tokens.access_token() == fresh.access_token

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_what_one_person_asked_for_is_not_asked_for_again_as_another(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := aged(world, 60)) as auth:
            tokens = await tokens_of(auth, world)
            world.gateway.script.plan("refresh", gate := Gate(offline()))
            renewing = asyncio.create_task(tokens.renew(session.access_token))
            await gate.reached.wait()
            auth.sign_out()
            world.gateway.script.plan("sign_in", theirs := world.session("s2", EVE))
            await auth.sign_in("eve@example.com", world.password)
            assert await tokens.access_token() == theirs.access_token, "which waits for nobody else's renewal"
            gate.open()
            assert await renewing is None
            assert await tokens.renew(session.access_token) is None

    run(scenario)


def test_a_new_session_of_the_same_person_serves_for_what_was_asked_in_the_old_one(world: World, run: Run) -> None:
    old = token("", "of an earlier session")  # whose subject is x

    async def scenario() -> None:
        async with world.signed_in(session := world.session("s2", User("x"))) as auth:
            assert await (await tokens_of(auth, world)).renew(old) == session.access_token

    run(scenario)
    assert world.gateway.calls == []
