"""Saving what a refresh brought: a keyring that is locked, slow or prompting costs nobody their session."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.ports import Unsaved
from desktopauth.core.state import SignedIn
from tests.core.conftest import World
from tests.core.fakes import Gate
from tests.scenario import Run, until

REFRESHED, FAILED = AuthEvent.TOKEN_REFRESHED, AuthEvent.REFRESH_FAILED


def test_a_token_that_could_not_be_saved_serves_from_memory(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(old := world.session()) as auth:
            world.vault.script.plan("save", Unsaved(VaultProblem.LOCKED))
            await auth.refresh()
            assert world.health.memory_only is VaultProblem.LOCKED
            assert world.vault.session == old
            assert world.held is not None
            assert await auth.access_token() == world.held.access_token != old.access_token
            await auth.refresh()
            assert world.health.memory_only is None
            assert world.vault.session == world.held

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_a_keyring_that_prompts_while_saving_holds_up_nobody(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            assert world.health.memory_only is VaultProblem.WAITING
            gate.open()
            await until(lambda: world.health.memory_only is None)
            assert world.vault.session == world.held

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_two_saves_behind_one_prompt_both_arrive_and_end_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            await auth.refresh()
            gate.open()
            await until(lambda: world.health.memory_only is None)
            assert world.vault.session == world.held
            await auth.refresh()
            assert isinstance(world.who(), SignedIn)
            assert world.vault.session == world.held

    run(scenario)
    assert world.names == [REFRESHED, AuthEvent.STORAGE_PROBLEM, REFRESHED, REFRESHED]  # told once, not each time


@pytest.mark.usefixtures("hurried")
def test_a_keyring_that_prompts_while_reading_holds_up_no_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("load", gate := Gate())
            await auth.refresh()
            assert world.gateway.count("refresh") == 1
            assert world.health.memory_only is VaultProblem.WAITING
            gate.open()
            await until(lambda: world.health.memory_only is None)
            assert world.vault.session == world.held

    run(scenario)


def test_a_lock_that_cannot_be_had_ends_nothing(world: World, run: Run, expected_logs: object) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.locks.broken = OSError(30, "Read-only file system")
            await auth.refresh()
            assert world.names == [REFRESHED]

    expected_logs("desktopauth.refreshing: refreshing without the lock: OSError")  # type: ignore[operator]
    run(scenario)


def test_a_keyring_that_refused_is_not_asked_again_just_to_look(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", *[Unsaved(VaultProblem.LOCKED)] * 2)
            await auth.refresh()
            await auth.refresh()

    run(scenario)
    loads = world.vault.calls.count("load")
    assert loads - world.vault.quiet_loads == 1, "each loud one may open a prompt"
    assert world.vault.calls.count("save") == 2
