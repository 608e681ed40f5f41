"""Who wants to be remembered, and who not: the word counts from the next sign-in on, in whatever order things come."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Unread
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")


@pytest.mark.parametrize("early", [True, False], ids=["before the keyring answers", "after it"])
def test_who_is_restored_stays_stored(world: World, run: Run, early: bool) -> None:
    async def scenario() -> None:
        world.vault.put(world.session())
        async with world.auth(wait=not early) as auth:
            auth.remember(False)
            await until(lambda: world.events)
            await auth.refresh()
            assert world.health.memory_only is None
            assert world.vault.session == world.held

    run(scenario)


def test_who_is_in_unremembered_is_not_stored_by_a_later_word(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.remember(False)
            await auth.sign_in(ADA.email, world.password)
            auth.remember(True)
            await auth.refresh()
            assert world.health.memory_only is VaultProblem.UNWANTED
            assert world.vault.stored is None

    run(scenario)
    assert AuthEvent.STORAGE_PROBLEM not in world.names


@pytest.mark.usefixtures("hurried")
def test_a_keyring_that_is_unlocked_later_stores_nobody_who_does_not_want_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: auth.state.flow is None and world.steps)
            auth.go_on_without_saving()
            auth.remember(False)
            await auth.sign_in(ADA.email, world.password)
            gate.open()
            await settled()
            await auth.refresh()
            assert world.vault.stored is None
            assert world.health.memory_only is VaultProblem.UNWANTED
            auth.sign_out()
            auth.remember(True)
            await auth.sign_in(ADA.email, world.password)
            assert world.vault.session == world.held

    run(scenario)
    assert world.names.count(AuthEvent.STORAGE_PROBLEM) == 0


def test_a_keyring_that_is_not_there_stays_the_reason(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", Unread(VaultProblem.UNAVAILABLE))
        async with world.auth() as auth:
            auth.remember(False)
            await auth.sign_in(ADA.email, world.password)
            reasons = [world.health.memory_only]
            auth.sign_out()
            auth.remember(True)
            await auth.sign_in(ADA.email, world.password)
            reasons.append(world.health.memory_only)
            assert reasons == [VaultProblem.UNWANTED, VaultProblem.UNAVAILABLE]

    run(scenario)
    assert "save" not in world.vault.calls


@pytest.mark.usefixtures("hurried")
def test_what_another_copy_has_stored_meanwhile_is_no_question_to_who_is_not_to_be_stored(
    world: World, run: Run
) -> None:
    async def scenario() -> None:
        world.vault.put(theirs := world.session("s2", EVE))
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: auth.state.flow is None and world.steps)
            auth.go_on_without_saving()
            auth.remember(False)
            await auth.sign_in(ADA.email, world.password)
            gate.open()
            await settled()
            await auth.save_over()
            assert world.health.memory_only is VaultProblem.UNWANTED
            auth.sign_out()
            await settled()
            assert world.vault.session == theirs

    run(scenario)


def test_what_is_stored_of_the_one_before_goes_where_nothing_is_written_over_it(world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", lambda: world.session("s2", EVE))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.remember(False)
            await auth.sign_in(EVE.email, world.password)
            await settled()
            assert world.vault.stored is None
            assert auth.user == EVE

    run(scenario)
    assert world.tombstones.laid == set()


def test_who_is_asked_in_again_is_asked_anew_whether_to_be_remembered(world: World, run: Run) -> None:
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            await settled()
            auth.remember(False)
            await auth.sign_in(ADA.email, world.password)
            assert world.vault.stored is None

    run(scenario)


def test_in_memory_the_session_before_is_revoked_at_once(world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", lambda: world.session("s1"), lambda: world.session("s2"))

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.remember(False)
            for _ in range(2):
                await auth.sign_in(ADA.email, world.password)
            await until(lambda: world.gateway.count("sign_out") == 1)
            auth.sign_out()
            await asyncio.sleep(0)

    run(scenario)
    assert "clear" not in world.vault.calls
