"""What could not be saved: tried again without a prompt, spent no further than it must be, and never over another's."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Superseded, Unread, Unsaved
from desktopauth.core.state import Reason, SignedIn, SignedOut
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")
LOCKED = Unsaved(VaultProblem.LOCKED)
PASSING = [VaultProblem.FULL, VaultProblem.LOCKED, VaultProblem.UNAVAILABLE]


async def ticks(world: World, number: int = 1) -> None:
    for _ in range(number):
        world.clock.advance(30)
        await settled()


@pytest.mark.parametrize("problem", PASSING)
def test_a_failed_save_is_tried_again_on_every_tick(world: World, run: Run, problem: VaultProblem) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(problem))
            world.vault.script.plan("quiet save", Unsaved(problem))
            await auth.refresh()
            await settled()
            assert world.health.memory_only is problem
            await ticks(world)
            assert world.health.memory_only is None
            assert world.vault.session == world.held

    run(scenario)
    assert world.vault.calls.count("save") == 1, "a second loud one could prompt"
    assert world.gateway.count("refresh") == 1


@pytest.mark.parametrize("problem", [VaultProblem.DENIED, VaultProblem.TOO_LARGE, VaultProblem.CORRUPT])
def test_what_will_not_pass_is_not_tried_again_by_itself(world: World, run: Run, problem: VaultProblem) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(problem))
            await auth.refresh()
            await ticks(world, 3)
            assert world.health.memory_only is problem

    run(scenario)
    assert "quiet save" not in world.vault.calls


def test_there_is_no_second_rotation_before_the_hard_point_while_the_first_is_not_saved(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", LOCKED)
            world.vault.script.plan("quiet save", *[LOCKED] * 500)
            await auth.refresh()
            for _ in range(118):  # 3,540 s of 3,600: past the soft point, before the hard one
                await ticks(world)
            assert world.gateway.count("refresh") == 1
            await ticks(world)
            await until(lambda: world.gateway.count("refresh") == 2)

    run(scenario)


def test_what_is_not_saved_at_quit_is_tried_once_more(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", LOCKED)
            world.vault.script.plan("quiet save", LOCKED)
            await auth.refresh()
            await settled()
            newest = world.held
        assert world.vault.session == newest

    run(scenario)


def test_a_retry_that_finds_a_sign_out_follows_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", LOCKED)
            world.vault.script.plan("quiet save", LOCKED)
            await auth.refresh()
            await settled()
            world.vault.wipe()
            world.clock.advance(30)
            await until(lambda: isinstance(world.who(), SignedOut))
            assert world.who() == SignedOut(Reason.ELSEWHERE, memory_only=VaultProblem.LOCKED)

    run(scenario)


# ---- a keyring that was changed from outside


def test_an_emptied_keyring_is_filled_again(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.lose()
            auth.nudge()
            await until(lambda: world.vault.session is not None)
            assert isinstance(world.who(), SignedIn)
            assert world.vault.session == world.held

    run(scenario)
    assert world.names == []


@pytest.mark.parametrize("user", [ADA, EVE])
def test_what_a_backup_brought_back_is_written_over(world: World, run: Run, user: User) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.refresh()
            newest = world.held
            world.vault.bring_back(world.session("s1" if user is ADA else "s2", user), 1)
            auth.nudge()
            await until(lambda: world.vault.session == newest)
            assert isinstance(world.who(), SignedIn)

    run(scenario)


def test_a_locked_keyring_is_not_made_to_ask_by_a_look(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            before = world.vault.quiet_loads
            world.vault.script.plan("load", *[Unread(VaultProblem.LOCKED)] * 2)
            world.vault.put(theirs := world.session())
            for _ in range(2):
                auth.nudge()
                await settled()
            assert isinstance(world.who(), SignedIn)
            auth.nudge()
            await until(lambda: world.held == theirs)
            assert world.vault.quiet_loads == before + 3

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_a_look_gives_way_to_a_sign_out_that_comes_first(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("quiet save", gate := Gate(Superseded()))
            world.vault.lose()
            auth.nudge()
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await settled()
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names.count(AuthEvent.SIGNED_OUT) == 1


def test_the_same_persons_new_session_in_another_copy_wins_over_a_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            world.vault.put(theirs := world.session("s2"))
            gate.open()
            await refreshing
            assert world.held == theirs

    run(scenario)
    assert world.names == [AuthEvent.TOKEN_REFRESHED]


@pytest.mark.parametrize("age", [100.0, 0.0, -100.0])
@pytest.mark.parametrize("life", [3600.0, 90_000.0])
def test_two_unsaved_copies_agree_on_the_newer_token(world: World, run: Run, age: float, life: float) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(VaultProblem.UNAVAILABLE))
            world.vault.script.plan("quiet save", Unsaved(VaultProblem.UNAVAILABLE))
            await auth.refresh()
            ours, theirs = world.held, world.session(life=life, left=life - age)
            await settled()
            world.vault.put(theirs)
            world.clock.advance(30)
            await until(lambda: world.health.memory_only is None)
            assert world.held == world.vault.session == (ours if age > 0 else theirs)

    run(scenario)
    assert AuthEvent.SIGNED_OUT not in world.names


def test_a_copy_that_cannot_save_still_follows_its_sibling(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(VaultProblem.DENIED))
            await auth.refresh()
            world.vault.put(theirs := world.session(left=3700.0))
            await auth.refresh()
            assert world.held == theirs
            assert world.health.memory_only is None

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_an_outdone_save_that_cannot_be_looked_into_waits_for_the_next_look(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Superseded())
            world.vault.script.plan("load", *[Unread(VaultProblem.LOCKED)] * 2)
            await auth.refresh()
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert AuthEvent.SIGNED_OUT not in world.names


@pytest.mark.parametrize("newer", [True, False])
def test_an_end_is_believed_only_if_nothing_newer_is_stored(world: World, run: Run, newer: bool) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate(ending("refresh_token_already_used")))
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            theirs = world.session()
            if newer:
                world.vault.put(theirs)
            gate.open()
            if newer:
                await refreshing
                assert world.held == world.vault.session == theirs
            else:
                with pytest.raises(AuthError):
                    await refreshing

    run(scenario)
    assert world.names == [AuthEvent.TOKEN_REFRESHED if newer else AuthEvent.REAUTH_REQUIRED]
    assert ("tombstone lay" in world.journal) is not newer


def test_the_same_token_stored_anew_is_no_news(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.vault.put(session)
            auth.nudge()
            await settled()
            assert world.held == session
            await auth.refresh()

    run(scenario)
    assert world.names == [AuthEvent.TOKEN_REFRESHED]
    assert world.gateway.count("refresh") == 1
