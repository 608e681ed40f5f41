"""Two copies of the app on one stored session: the newer token wins, nobody asks twice, and nobody comes back."""

from __future__ import annotations

import asyncio

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Found, Unread, Unsaved
from desktopauth.core.state import Reason, SignedOut
from tests.core.conftest import World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until

REFRESHED, OUT = AuthEvent.TOKEN_REFRESHED, AuthEvent.SIGNED_OUT
EVE = User("eve", "eve@example.com")


def test_a_siblings_newer_token_is_taken_without_a_request(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session())
            await auth.refresh()
            assert world.held == theirs

    run(scenario)
    assert world.gateway.calls == []
    assert world.journal == ["locked", "load", "released", "TOKEN_REFRESHED"]


def test_what_a_sibling_saved_while_it_held_the_lock_is_taken(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            async with world.locks.lock:
                refreshing = asyncio.create_task(auth.refresh())
                await settled()
                world.vault.put(theirs := world.session())
            await refreshing
            assert world.held == theirs

    run(scenario)
    assert world.gateway.calls == []


def test_a_siblings_token_that_is_due_itself_is_the_one_to_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session(left=10.0))
            await auth.refresh()
            assert world.gateway.named("refresh")[0].arguments == (theirs.refresh_token,)
            assert world.held == world.vault.session

    run(scenario)
    assert world.gateway.count("refresh") == 1
    assert world.names == [REFRESHED]


def test_the_same_record_read_again_is_no_news(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.refresh()
            await auth.refresh()

    run(scenario)
    assert world.gateway.count("refresh") == 2


def test_a_sibling_that_signed_out_ends_it_here_at_the_next_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.tombstones.laid.add("s1")
            world.vault.stored = None
            await auth.refresh()
            assert world.who() == SignedOut(Reason.ELSEWHERE)
            assert world.held is None

    run(scenario)
    assert world.names == [OUT]
    assert world.vault.session is None, "nobody is brought back"


def test_another_person_who_signed_in_elsewhere_is_not_overwritten(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session("s2", EVE))
            await auth.refresh()
            assert world.who() == SignedOut(Reason.REPLACED)
            assert world.vault.session == theirs

    run(scenario)
    assert world.names == [OUT]


def test_a_sibling_that_signs_out_while_we_ask_wins(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            world.tombstones.laid.add("s1")
            gate.open()
            await refreshing
            assert world.who() == SignedOut(Reason.ELSEWHERE)

    run(scenario)
    assert world.names == [OUT]


def test_a_sign_out_in_another_copy_is_followed_at_the_next_look(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.wipe()
            auth.nudge()
            await until(lambda: isinstance(world.who(), SignedOut))
            assert world.who() == SignedOut(Reason.ELSEWHERE)

    run(scenario)
    assert world.names == [OUT]
    assert world.gateway.calls == []


def test_a_copy_that_sleeps_follows_within_half_a_minute(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            world.vault.wipe()
            world.clock.advance(30)
            await until(lambda: world.names == [OUT])

    run(scenario)


def test_a_token_that_another_copy_has_refreshed_is_taken_before_its_time(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session())
            auth.nudge()
            await until(lambda: world.held == theirs)
            auth.nudge()
            await settled()

    run(scenario)
    assert world.names == [REFRESHED]
    assert world.gateway.calls == []


def test_somebody_else_in_another_copy_ends_this_stay_and_is_not_shown_here(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session("s2", EVE))
            auth.nudge()
            await until(lambda: isinstance(world.who(), SignedOut))
            assert world.who() == SignedOut(Reason.REPLACED)
            assert world.vault.session == theirs

    run(scenario)


def test_the_same_person_signed_in_anew_in_another_copy_stays_signed_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.put(theirs := world.session("s2"))
            auth.nudge()
            await until(lambda: world.held == theirs)

    run(scenario)
    assert OUT not in world.names


def test_what_this_copy_writes_itself_is_no_reason_to_look(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.refresh()
            before = list(world.vault.calls)
            for _ in range(3):
                auth.nudge()
                await settled()
            assert world.vault.calls == before

    run(scenario)


def test_what_could_not_be_saved_here_gives_way_to_nothing_older(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(VaultProblem.DENIED))
            await auth.refresh()
            newest = world.held
            world.vault.siblings_acts += 1  # the file says that somebody wrote, and the keyring holds what it held
            auth.nudge()
            await settled()
            assert world.vault.calls[-1] == "load", "it has looked"
            assert world.held == newest != world.vault.session

    run(scenario)


def test_a_stir_without_a_newer_record_changes_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            before = world.held
            world.vault.stored = Found(world.session().to_json(), world.vault.last_generation)
            world.vault.siblings_acts += 1
            auth.nudge()
            await settled()
            assert world.held == before

    run(scenario)
    assert world.names == []


def test_a_keyring_that_cannot_be_read_when_a_sibling_stirs_ends_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("load", Unread(VaultProblem.LOCKED))
            world.vault.wipe()
            auth.nudge()
            await settled()
            assert world.names == []

    run(scenario)
