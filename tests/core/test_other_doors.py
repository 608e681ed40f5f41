"""The smaller doors and what goes with all of them: ID tokens, what a project offers, not being remembered."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.models import User
from desktopauth.core.state import AnotherPerson, SignedIn
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly
from tests.scenario import Run, until

MAIL = ADA.email


def test_an_id_token_signs_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            session = await auth.sign_in_with_id_token("google", "id-token", nonce="n")
            assert session == world.held
            assert auth.door == "id_token"
            with pytest.raises(AuthError) as raised:
                await auth.sign_in_with_id_token("google", "")
            assert raised.value.kind is ErrorKind.MISUSE

    run(scenario)
    assert world.gateway.named("id_token")[0].arguments == ("google", "id-token", "", "n")


def test_what_the_project_offers_is_asked_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert (await auth.project()).providers == ("github",)
            await auth.project()

    run(scenario)
    assert world.gateway.count("project") == 1


def test_who_does_not_want_to_be_remembered_is_kept_nowhere(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.remember(False)
            auth.remember(False)
            await auth.sign_in(MAIL, world.password)
            assert world.health.memory_only is VaultProblem.UNWANTED
            assert world.vault.session is None
            auth.sign_out()
            auth.remember(True)
            auth.remember(True)
            await auth.sign_in(MAIL, world.password)
            assert world.health.memory_only is None
            assert world.vault.session == world.held

    run(scenario)


def test_who_was_chosen_and_is_on_the_way_in_is_not_stopped_by_a_cancel(world: World, run: Run) -> None:
    eve = User("eve", "eve@example.com")
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))
    world.gateway.script.plan("sign_in", lambda: world.session("s2", eve))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            await auth.sign_in(eve.email, world.password)
            world.vault.script.plan("save", gate := Gate())
            entering = asyncio.create_task(auth.let_in())
            await gate.reached.wait()
            assert world.flow() == AnotherPerson(eve, busy=True)
            auth.cancel()
            assert world.flow() == AnotherPerson(eve, busy=True)
            gate.open()
            await entering
            await until(lambda: isinstance(world.who(), SignedIn))

    run(scenario)
