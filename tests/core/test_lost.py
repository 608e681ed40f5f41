"""Answers that never came, and what a failed refresh says of itself while the session goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.parts import Nudge
from desktopauth.core.state import Connection, Health, Reason, SignedIn, SignedOut, TokenHealth
from tests.core.conftest import World
from tests.core.fakes import Gate, offline, quietly
from tests.scenario import Run, settled, until

LOST = AuthError(Problem(ErrorKind.OFFLINE, "refresh", Outcome.LOST))
PORTAL = AuthError(Problem(ErrorKind.CAPTIVE_PORTAL, "refresh", Outcome.UNREADABLE, 200))
CERTIFICATE = AuthError(Problem(ErrorKind.UNTRUSTED_CERTIFICATE, "refresh", Outcome.UNREACHABLE))
BUSY = AuthError(Problem(ErrorKind.SERVER, "refresh", Outcome.REFUSED, 503))


def test_a_lost_answer_is_asked_for_again_at_once_with_the_same_token(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", LOST, fresh := world.session())
            await auth.refresh()
            assert world.held == world.vault.session == fresh
            assert [call.arguments for call in world.gateway.named("refresh")] == [(session.refresh_token,)] * 2

    run(scenario)
    assert world.names == [AuthEvent.TOKEN_REFRESHED]


def test_a_second_lost_answer_is_a_failure_like_any_other(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", LOST, LOST)
            await quietly(auth.refresh())
            assert world.health.connection is Connection.OFFLINE

    run(scenario)
    assert world.gateway.count("refresh") == 2
    assert world.names == [AuthEvent.REFRESH_FAILED]


@pytest.mark.parametrize("error", [offline(), PORTAL, BUSY])
def test_what_never_got_there_is_not_asked_again_at_once(world: World, run: Run, error: AuthError) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", error)
            await quietly(auth.refresh())

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_after_a_sign_out_nothing_is_asked_again(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(LOST))
            refreshing = asyncio.create_task(quietly(auth.refresh()))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await refreshing

    run(scenario)
    assert world.gateway.count("refresh") == 1


@pytest.mark.parametrize("call", ["sign_in", "sign_up", "verify"])
def test_a_way_in_is_never_asked_for_twice(world: World, run: Run, call: str) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            lost = AuthError(Problem(ErrorKind.OFFLINE, call, Outcome.LOST))
            if call == "verify":
                await auth.sign_up("ada@example.com", world.password)
            world.gateway.script.plan(call, lost)
            arguments = ("123456",) if call == "verify" else ("ada@example.com", world.password)
            with pytest.raises(AuthError):
                await getattr(auth, call)(*arguments)

    run(scenario)
    assert world.gateway.count(call) == 1


@pytest.mark.parametrize(
    ("error", "connection"),
    [
        (offline(), Connection.OFFLINE),
        (LOST, Connection.OFFLINE),
        (CERTIFICATE, Connection.OFFLINE),
        (PORTAL, Connection.DEGRADED),
        (BUSY, Connection.DEGRADED),
    ],
)
def test_the_cause_is_told_while_it_lasts(world: World, run: Run, error: AuthError, connection: Connection) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", error, error)
            await quietly(auth.refresh())
            assert (world.health.connection, world.health.cause) == (connection, error.kind)
            world.gateway.script._answers["refresh"].clear()
            world.clock.advance(61)
            await until(lambda: world.health == Health())

    run(scenario)


@pytest.mark.parametrize("error", [offline(), PORTAL])
def test_a_network_that_is_back_shortens_the_wait(world: World, run: Run, error: AuthError) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", error)
            await quietly(auth.refresh())
            auth.nudge()
            await until(lambda: world.gateway.count("refresh") == 2)

    run(scenario)


@pytest.mark.parametrize(("skew", "off"), [(299.0, False), (-299.0, False), (301.0, True), (-7200.0, True)])
def test_a_clock_that_is_off_is_told_and_ends_nothing(world: World, run: Run, skew: float, off: bool) -> None:
    async def scenario() -> None:
        session = world.session()
        stored = replace(session, skew=skew, expires_at=session.expires_at + skew)
        async with world.signed_in(stored):
            assert world.health.clock_off is off

    run(scenario)
    assert world.names == []


def test_a_token_that_grows_old_without_a_network_is_told_as_time_passes(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            world.gateway.script.plan("refresh", *[offline()] * 99)
            world.clock.advance(3000)
            await until(lambda: world.health.token is TokenHealth.STALE)
            world.clock.advance(700)
            await until(lambda: world.health.token is TokenHealth.EXPIRED)
            assert isinstance(world.who(), SignedIn)

    run(scenario)


def only(world: World, *nudges: Nudge) -> None:
    world.parts = replace(world.parts, nudges=frozenset(nudges))


def test_siblings_can_be_left_alone_until_the_next_refresh(world: World, run: Run) -> None:
    only(world, Nudge.WAKE)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.wipe()
            world.clock.advance(30)
            await settled()
            assert isinstance(world.who(), SignedIn)
            await auth.refresh()
            assert world.who() == SignedOut(Reason.ELSEWHERE)

    run(scenario)


def test_a_401_can_be_left_to_the_caller(world: World, run: Run) -> None:
    only(world)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.supabase()
            world.clock.advance(60)
            token = await world.clients[0].access_token()
            assert token is not None
            assert await world.clients[0].renew(token) is None

    run(scenario)
    assert world.gateway.count("refresh") == 0


@pytest.mark.parametrize("counts", [True, False])
def test_a_wake_can_be_left_unheard(world: World, run: Run, counts: bool) -> None:
    roused: list[bool] = []
    only(world, *([Nudge.WAKE] if counts else []))
    world.parts = replace(world.parts, roused=lambda: roused.append(True))

    async def scenario() -> None:
        async with world.signed_in():
            await settled()
            world.clock.suspend(20)
            world.clock.advance(30)
            await settled()

    run(scenario)
    assert bool(roused) is counts


def test_a_nudge_rouses_what_was_given_up(world: World, run: Run) -> None:
    roused: list[bool] = []
    world.parts = replace(world.parts, roused=lambda: roused.append(True))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.nudge()

    run(scenario)
    assert roused == [True]
