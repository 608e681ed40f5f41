"""Signing in at odd moments: before the keyring has answered, while it will not, and over somebody who is there."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Problem, VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import CODE
from desktopauth.core.models import User
from desktopauth.core.ports import Unread
from desktopauth.core.state import Reason, SignedIn, Starting, StoreWanted
from desktopauth.core.timing import Backoff
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until


def test_a_sign_in_before_the_keyring_has_answered_waits_for_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            signing = asyncio.create_task(auth.sign_in(ADA.email, world.password))
            await gate.reached.wait()
            await settled()
            assert isinstance(world.who(), Starting)
            assert world.gateway.count("sign_in") == 0
            gate.open()
            await signing
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]


def test_a_sign_in_over_a_locked_keyring_is_for_this_run_and_writes_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", Unread(VaultProblem.LOCKED))
        async with world.auth(wait=False) as auth:
            await until(lambda: isinstance(world.who(), StoreWanted))
            await auth.sign_in(ADA.email, world.password)
            assert world.health.memory_only is VaultProblem.LOCKED

    run(scenario)
    assert world.vault.calls == ["load"]


def test_a_sign_in_while_the_keyring_is_asked_again_waits_and_writes_over_nothing(world: World, run: Run) -> None:
    world.vault.put(stored := world.session())

    async def scenario() -> None:
        world.vault.script.plan("load", Unread(VaultProblem.LOCKED), gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: isinstance(world.who(), StoreWanted))
            auth.retry_store()
            signing = asyncio.create_task(auth.sign_in(ADA.email, world.password))
            await gate.reached.wait()
            await settled()
            assert world.gateway.count("sign_in") == 0
            assert world.vault.session == stored
            gate.open()
            await signing

    run(scenario)
    assert world.names[0] == AuthEvent.INITIAL_SESSION


def test_who_signs_in_over_somebody_else_signs_them_out_first(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_in", bobs := world.session("s2", User("bob", "bob@example.com")))
            await auth.sign_in("bob@example.com", world.password)
            assert world.held == bobs
            await until(lambda: world.gateway.count("sign_out") == 1)
            assert world.vault.session == world.held

    run(scenario)
    assert world.names[:2] == [AuthEvent.SIGNED_OUT, AuthEvent.SIGNED_IN]
    assert world.events[0].reason is Reason.REPLACED


@pytest.mark.parametrize(("said", "least", "most"), [(None, 60, 60), (7.0, 7, 7), (1e9, 3600, 3600)])
def test_a_limit_is_waited_out_by_the_servers_seconds_within_reason(
    said: float | None, least: float, most: float
) -> None:
    backoff = Backoff()
    backoff.failed(Problem(ErrorKind.RATE_LIMITED, "refresh", status=429, retry_after=said), 1000.0)
    assert least <= backoff.retry_at - 1000.0 <= most


def test_digits_of_other_scripts_are_no_code() -> None:
    assert CODE.fullmatch("\N{FULLWIDTH DIGIT ONE}" * 6) is None


def test_a_wrong_code_in_other_digits_is_refused_here(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_up(ADA.email, world.password)
            with pytest.raises(AuthError):
                await auth.verify("\N{FULLWIDTH DIGIT ONE}" * 6)

    run(scenario)
    assert world.gateway.count("verify") == 0
