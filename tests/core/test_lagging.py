"""Copies and a keyring that fails: no rotation on top of what is not stored, no token that may be an old one."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core import store
from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Superseded, Unread, Unsaved
from desktopauth.core.state import Connection, Reason, SignedIn, SignedOut
from tests.core.conftest import World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")


async def ticks(world: World, number: int = 1) -> None:
    for _ in range(number):
        world.clock.advance(30)
        await settled()


@pytest.mark.parametrize("problem", [VaultProblem.DENIED, VaultProblem.LOCKED])
def test_what_is_not_saved_is_saved_before_the_next_rotation(world: World, run: Run, problem: VaultProblem) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(problem))
            world.vault.script.plan("quiet save", *[Unsaved(problem)] * 3)
            await auth.refresh()
            before = world.held
            world.gateway.script.plan("refresh", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            assert world.vault.session == before
            gate.open()
            await refreshing
            assert world.vault.session == world.held != before

    run(scenario)


def test_a_prompt_that_was_refused_before_a_rotation_is_not_asked_again_after_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", *[Unsaved(VaultProblem.DENIED)] * 2)
            await auth.refresh()
            await auth.refresh()
            assert world.vault.session == world.held

    run(scenario)
    assert world.vault.calls.count("save") == 2
    assert world.vault.calls.count("quiet save") == 1


def test_a_slow_save_is_waited_for_before_the_next_rotation(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.02)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            assert world.health.memory_only is VaultProblem.WAITING
            before = world.held
            refreshing = asyncio.create_task(auth.refresh())
            await asyncio.sleep(0.1)
            assert world.gateway.count("refresh") == 1, "the step before is not stored yet"
            gate.open()
            await refreshing
            assert world.vault.session == world.held != before

    run(scenario)
    assert world.gateway.count("refresh") == 2


def test_what_no_waiting_makes_readable_holds_up_no_refresh(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("load", *[Unread(VaultProblem.CORRUPT)] * 2)
            world.vault.siblings_acts += 1
            await auth.refresh()

    run(scenario)
    assert world.gateway.count("refresh") == 1


@pytest.mark.usefixtures("hurried")
def test_a_slow_keyring_is_given_the_newest_token_and_none_in_between(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            for _ in range(4):
                await auth.refresh()
            gate.open()
            await until(lambda: world.vault.session == world.held)
            assert world.health.memory_only is None

    run(scenario)
    assert world.vault.calls.count("save") + world.vault.calls.count("quiet save") == 2
    assert world.gateway.count("refresh") == 4


@pytest.mark.usefixtures("hurried")
def test_a_sibling_that_was_served_while_one_waited_is_not_outspent(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            refreshing = asyncio.create_task(auth.refresh())
            await settled()
            world.vault.put(theirs := world.session(left=3700.0))
            with pytest.raises(AuthError) as raised:
                await refreshing
            assert raised.value.kind is ErrorKind.KEYRING_SILENT
            gate.open()
            world.clock.advance(61)
            await until(lambda: world.held == theirs)

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_rotation_gives_way_to_what_a_sibling_did_meanwhile(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Unsaved(VaultProblem.DENIED))
            await auth.refresh()
            world.vault.wipe()
            await auth.refresh()
            assert world.who() == SignedOut(Reason.ELSEWHERE, memory_only=VaultProblem.DENIED)

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_sign_out_elsewhere_that_the_keyring_could_not_follow_is_followed_by_its_mark(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            world.tombstones.laid.add("s1")
            world.clock.advance(30)
            await until(lambda: isinstance(world.who(), SignedOut))
            assert world.who() == SignedOut(Reason.ELSEWHERE)

    run(scenario)
    assert world.vault.calls.count("load") == 1, "the mark says it all"


def test_marks_that_cannot_be_read_end_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            world.tombstones.broken.add("covers")
            await ticks(world)
            assert isinstance(world.who(), SignedIn)

    run(scenario)


def test_who_was_outdone_by_what_cannot_be_read_is_not_called_saved(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Superseded())
            world.vault.script.plan("load", *[Unread(VaultProblem.LOCKED)] * 2)
            await auth.refresh()
            assert world.health.memory_only is VaultProblem.LOCKED
            assert isinstance(world.who(), SignedIn)

    run(scenario)


@pytest.mark.parametrize("passed", [0.0, 1001.0])
def test_no_token_is_spent_that_a_sibling_may_have_replaced(world: World, run: Run, passed: float) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(left=1000.0)) as auth:
            world.vault.script.plan("load", *[Unread(VaultProblem.UNAVAILABLE)] * 9)
            world.vault.put(theirs := world.session(left=5000.0))
            world.clock.advance(passed)
            with pytest.raises(AuthError) as raised:
                await auth.refresh()
            assert raised.value.kind is ErrorKind.KEYRING_SILENT
            assert world.health.connection is Connection.ONLINE
            world.vault.script._answers["load"].clear()
            await settled()
            world.clock.advance(61)
            await until(lambda: world.held == theirs)

    run(scenario)
    assert world.gateway.count("refresh") == 0


def test_a_sign_out_while_it_is_looked_who_was_first_is_the_last_word(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", Superseded())
            world.gateway.script.plan("refresh", asked := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await asked.reached.wait()
            world.vault.script.plan("load", looked := Gate())
            asked.open()
            await looked.reached.wait()
            auth.sign_out()
            looked.open()
            await refreshing
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]


def test_ones_own_older_session_is_revoked_only_when_the_new_one_is_saved(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(before := world.session()) as auth:
            world.gateway.script.plan("sign_in", world.session("s2"))
            world.vault.script.plan("save", gate := Gate())
            signing = asyncio.create_task(auth.sign_in("ada@example.com", world.password))
            await gate.reached.wait()
            await settled()
            assert "tombstone lay" not in world.journal, "killed now, one is still signed in"
            assert world.gateway.count("sign_out") == 0
            gate.open()
            await signing
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.named("sign_out")[0].arguments == (before.access_token, "local")

    run(scenario)
    assert world.tombstones.laid == set()


def test_ones_own_older_session_stays_while_the_new_one_cannot_be_saved(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_in", world.session("s2"))
            world.vault.script.plan("save", Unsaved(VaultProblem.DENIED))
            await auth.sign_in("ada@example.com", world.password)
            await settled()

    run(scenario)
    assert world.gateway.count("sign_out") == 0
    assert world.vault.session is not None
