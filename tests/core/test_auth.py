"""``Auth`` as a whole: what an embedder holds, and that nothing of it is left when it is over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from desktopauth.core import auth as auth_module
from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.events import AuthChange, AuthEvent
from desktopauth.core.tokens import LiveTokens
from tests.conftest import LogWatch
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, quietly
from tests.scenario import Run, settled, until


def test_late_and_early_subscribers_hear_the_same(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            late: list[AuthChange] = []
            with auth.subscribe(late.append):
                assert [(change.event, change.user) for change in late] == [(AuthEvent.INITIAL_SESSION, ADA)]
                await auth.refresh()
            auth.sign_out()
            assert [change.event for change in late] == [AuthEvent.INITIAL_SESSION, AuthEvent.TOKEN_REFRESHED]

    run(scenario)


def test_a_subscriber_may_call_any_command(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:

            def meddle(change: AuthChange) -> None:
                auth.cancel()
                auth.open_form("sign_up", "eve@example.com")
                auth.subscribe(lambda _: None).close()
                assert auth.state is not None
                if change.event is AuthEvent.SIGNED_IN:
                    auth.sign_out()

            auth.subscribe(meddle)
            await auth.sign_in(ADA.email, world.password)
            await settled()
            assert auth.status == "unauthenticated"

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN, AuthEvent.SIGNED_OUT]


def test_steps_follow_one_another_without_a_gap(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_up(ADA.email, world.password)
            await auth.verify("123456")
            await auth.refresh()
            auth.sign_out()

    run(scenario)
    for one, next_one in zip(world.steps, world.steps[1:], strict=False):
        assert one.after == next_one.before
    assert [step.user_changed for step in world.steps if step.change] == [False, True, False, True]


def test_where_it_is_kept_is_in_the_vaults_own_words(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert auth.storage == world.vault.place

    run(scenario)


def test_there_is_one_data_client_for_all(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            first, second = await asyncio.gather(auth.supabase(), auth.supabase())
            assert first is second is await auth.supabase()
            assert world.held is not None
            assert await world.clients[0].access_token() == world.held.access_token

    run(scenario)
    assert len(world.clients) == 1


def test_a_data_client_that_could_not_be_made_is_made_at_the_next_try(world: World, run: Run) -> None:
    failures: list[Exception] = [AuthError(Problem(ErrorKind.OFFLINE))]

    async def make(_: Any) -> object:
        if failures:
            raise failures.pop()
        return "client"

    async def scenario() -> None:
        async with Auth(world.parts, make, world._http, close=world._close, expects=False) as auth:
            with pytest.raises(AuthError):
                await auth.supabase()
            assert await auth.supabase() == "client"

    run(scenario)


def test_a_client_of_ones_own_is_made_for_the_origins_that_were_named(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.http("https://one.example", "https://two.example")
            await auth.plain_http()

    run(scenario)
    [(signed, named), (unsigned, nowhere)] = world.own_clients
    assert isinstance(signed, LiveTokens)
    assert (named, unsigned, nowhere) == (("https://one.example", "https://two.example"), None, ())


# ---- the end


@pytest.fixture
def short_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_module, "_FAREWELL", 0.02)


def test_leaving_closes_what_is_below_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            pass
        assert world.closed == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)
    assert world.vault.session is not None, "leaving is not signing out"
    assert world.names == []


@pytest.mark.usefixtures("short_farewell")
@pytest.mark.parametrize("call", ["sign_in", "refresh", "sign_out", "load", "save", "clear"])
def test_leaving_in_the_middle_of_anything_leaves_no_task(call: str, world: World, run: Run) -> None:
    async def scenario() -> None:
        gate = Gate()
        async with world.auth() as auth:
            if call in {"refresh", "sign_out", "load", "clear"}:
                await auth.sign_in(ADA.email, world.password)
            (world.vault if call in {"load", "save", "clear"} else world.gateway).script.plan(call, gate)
            match call:
                case "sign_in" | "save":
                    task = asyncio.create_task(quietly(auth.sign_in(ADA.email, world.password)))
                case "refresh" | "load":
                    task = asyncio.create_task(quietly(auth.refresh()))
                case _:
                    auth.sign_out()
                    task = asyncio.create_task(asyncio.sleep(0))
            await gate.reached.wait()
        assert world.closed == 1
        await asyncio.wait({task})
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)


def test_leaving_waits_a_moment_for_a_clear(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.sign_out()
        assert world.vault.session is None
        assert world.gateway.count("sign_out") == 1

    run(scenario)


@pytest.mark.usefixtures("short_farewell")
def test_a_sign_in_that_is_answered_while_leaving_signs_nobody_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate())
            task = asyncio.create_task(quietly(auth.sign_in(ADA.email, world.password)))
            await gate.reached.wait()
            asyncio.get_running_loop().call_soon(gate.open)
        await asyncio.wait({task})

    run(scenario)
    assert world.vault.session is None
    assert world.gateway.count("sign_out") == 1


def test_an_error_inside_the_block_comes_out_of_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        with pytest.raises(ZeroDivisionError):
            async with world.signed_in():
                raise ZeroDivisionError
        assert world.closed == 1

    run(scenario)


def test_a_mistake_in_a_task_is_said_aloud(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.auth: a task of Auth failed: ValueError")

    async def scenario() -> None:
        heard: list[Any] = []
        async with world.auth(wait=False) as auth:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))
            await until(lambda: world.events)
            world.gateway.script.plan("sign_in", ValueError("a mistake of the gateway"))
            with pytest.raises(ValueError, match="mistake"):
                await auth.sign_in(ADA.email, world.password)
        assert [type(error) for error in heard] == [ValueError]

    run(scenario)


def test_leaving_is_possible_after_everything_has_failed(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.auth: a task of Auth failed: ValueError")

    async def scenario() -> None:
        async with world.signed_in():
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            world.gateway.script.plan("refresh", ValueError("a mistake of the gateway"))
            world.clock.advance(3000)
            await until(lambda: world.gateway.count("refresh"))
            await settled()
        assert world.closed == 1

    run(scenario)
