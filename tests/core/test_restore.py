"""Restoring: what the keyring says decides who is in, and only a keyring that was read empty means nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Found, Unread
from desktopauth.core.state import (
    Connection,
    PasswordForm,
    Reason,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
    TokenHealth,
)
from tests.conftest import LogWatch
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until

INITIAL = [AuthEvent.INITIAL_SESSION]
MUTE = [VaultProblem.CORRUPT, VaultProblem.DENIED, VaultProblem.LOCKED]


def test_who_was_here_is_in_again_without_the_network(world: World, run: Run) -> None:
    world.vault.put(session := world.session())

    async def scenario() -> None:
        async with world.auth(wait=False) as auth:
            assert world.who() == Starting(expects_somebody=False)
            await until(lambda: world.events)
            assert auth.status == "authenticated"
            assert auth.user == ADA
            assert world.held == session
            assert auth.expires_at == session.expires_at
            assert world.names == INITIAL
            assert world.events[0].user == ADA
            assert world.health.token is TokenHealth.FRESH
            assert world.health.connection is Connection.ONLINE
            assert world.health.memory_only is None

    run(scenario)
    assert world.gateway.calls == []
    assert world.vault.calls == ["load"]


def test_an_empty_keyring_means_nobody(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert auth.status == "unauthenticated"
            assert (world.who(), world.flow()) == (SignedOut(), PasswordForm())
            assert (auth.user, auth.expires_at, await auth.access_token()) == (None, None, None)
            assert world.names == INITIAL
            assert world.events[0].user is None

    run(scenario)
    assert world.vault.calls == ["load"]


def test_a_session_that_was_signed_out_stays_out_and_is_cleared(world: World, run: Run) -> None:
    world.vault.put(world.session("s1"))
    world.tombstones.laid.add("s1")

    async def scenario() -> None:
        async with world.auth():
            assert world.who() == SignedOut()
            await until(lambda: world.vault.stored is None)
            await until(lambda: not world.tombstones.laid)

    run(scenario)
    assert world.names == INITIAL


def test_a_clear_that_fails_again_keeps_the_mark(world: World, run: Run) -> None:
    world.vault.put(world.session("s1"))
    world.tombstones.laid.add("s1")
    world.vault.script.plan("clear", VaultProblem.LOCKED)

    async def scenario() -> None:
        async with world.auth():
            await until(lambda: AuthEvent.STORAGE_PROBLEM in world.names)
            assert world.events[-1].cause is VaultProblem.LOCKED
            assert world.tombstones.laid == {"s1"}

    run(scenario)


@pytest.mark.parametrize("problem", MUTE)
def test_a_keyring_that_cannot_be_read_is_asked_for_and_nobody_is_signed_out(
    problem: VaultProblem, world: World, run: Run
) -> None:
    world.vault.put(session := world.session())
    world.vault.script.plan("load", Unread(problem))

    async def scenario() -> None:
        async with world.auth(wait=False) as auth:
            await until(lambda: isinstance(world.who(), StoreWanted))
            assert world.who() == StoreWanted(problem)
            assert auth.status == "loading"
            assert world.events == []
            auth.retry_store()
            assert isinstance(world.who(), Starting)
            await until(lambda: world.events)
            assert world.held == session
            assert world.names == INITIAL

    run(scenario)
    assert world.vault.calls == ["load", "load"]


@pytest.mark.parametrize("text", ["", "{}", '{"v":2}', "not json"])
def test_a_record_of_another_kind_is_corrupt_and_left_alone(text: str, world: World, run: Run) -> None:
    world.vault.stored = Found(text, 3)

    async def scenario() -> None:
        async with world.auth(wait=False) as auth:
            await until(lambda: world.who() == StoreWanted(VaultProblem.CORRUPT))
            auth.go_on_without_saving()
            await auth.sign_in("ada@example.com", world.password)
            await auth.refresh()
            auth.sign_out()
            await settled()

    run(scenario)
    assert world.vault.stored == Found(text, 3)
    assert set(world.vault.calls) == {"load"}


def test_without_any_keyring_one_can_sign_in_for_this_run(world: World, run: Run) -> None:
    world.vault.script.plan("load", Unread(VaultProblem.UNAVAILABLE))

    async def scenario() -> None:
        async with world.auth() as auth:
            assert world.who() == SignedOut(memory_only=VaultProblem.UNAVAILABLE)
            await auth.sign_in("ada@example.com", world.password)
            assert world.health.memory_only is VaultProblem.UNAVAILABLE
            assert world.names == [*INITIAL, AuthEvent.SIGNED_IN, AuthEvent.STORAGE_PROBLEM]
            auth.sign_out()
            assert world.who() == SignedOut(Reason.USER, memory_only=VaultProblem.UNAVAILABLE)

    run(scenario)
    assert world.vault.calls == ["load"]


@pytest.mark.usefixtures("hurried")
def test_a_keyring_that_takes_its_time_is_waited_for_in_the_open(world: World, run: Run) -> None:
    world.vault.put(session := world.session())

    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False):
            await until(lambda: world.who() == StoreWanted(VaultProblem.WAITING))
            assert world.events == []
            gate.open()
            await until(lambda: world.events)
            assert world.held == session

    run(scenario)
    assert world.names == INITIAL
    assert world.vault.calls == ["load"], "no second question while the first is open"


@pytest.mark.usefixtures("hurried")
def test_an_answer_that_comes_after_one_went_on_changes_nothing(world: World, run: Run) -> None:
    world.vault.put(stored := world.session("theirs", User("eve", "eve@example.com")))

    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: world.who() == StoreWanted(VaultProblem.WAITING))
            auth.go_on_without_saving()
            assert world.who() == SignedOut(memory_only=VaultProblem.WAITING)
            assert world.names == INITIAL
            gate.open()
            await settled()
            assert world.who() == SignedOut(memory_only=VaultProblem.WAITING)
            await auth.sign_in("ada@example.com", world.password)
            await auth.refresh()
            auth.sign_out()
            await settled()

    run(scenario)
    assert world.vault.session == stored, "what could not be read was not written over"
    assert world.names.count(AuthEvent.INITIAL_SESSION) == 1


@pytest.mark.usefixtures("hurried")
def test_a_keyring_that_is_thinking_is_not_asked_a_second_time(world: World, run: Run) -> None:
    world.vault.put(world.session())

    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: world.who() == StoreWanted(VaultProblem.WAITING))
            auth.retry_store()
            await settled()
            assert world.who() == StoreWanted(VaultProblem.WAITING)
            gate.open()
            await until(lambda: isinstance(world.who(), SignedIn))
            await settled()

    run(scenario)
    assert world.names == INITIAL
    assert world.vault.calls == ["load"]
    steps = [type(step.after.session) for step in world.steps]
    assert steps.count(SignedIn) == 1
    assert steps[-1] is SignedIn


@pytest.mark.usefixtures("hurried")
def test_a_slow_keyring_does_not_cover_who_signed_in_meanwhile(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: isinstance(world.who(), StoreWanted))
            auth.go_on_without_saving()
            await auth.sign_in("ada@example.com", world.password)
            gate.open()
            await settled()
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.names.count(AuthEvent.INITIAL_SESSION) == 1


def test_commands_of_the_store_view_do_nothing_elsewhere(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.retry_store()
            auth.go_on_without_saving()
            await settled()
            assert world.steps == []

    run(scenario)
    assert world.vault.calls == ["load"]


def test_a_mark_that_cannot_be_looked_for_is_no_reason_to_hang(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.store: the marks of sign-outs cannot be read: OSError")
    world.vault.put(session := world.session())
    world.tombstones.broken.add("covers")

    async def scenario() -> None:
        async with world.auth(wait=False) as auth:
            await until(lambda: isinstance(world.who(), StoreWanted))
            world.tombstones.broken.clear()
            auth.retry_store()
            await until(lambda: world.events)
            assert world.held == session

    run(scenario)


def test_the_skew_that_was_saved_tells_how_fresh_the_token_is(world: World, run: Run) -> None:
    world.vault.put(replace(world.session(), skew=3500.0))

    async def scenario() -> None:
        world.gateway.script.plan("refresh", gate := Gate())
        async with world.auth():
            assert world.health.token is TokenHealth.STALE
            await gate.reached.wait()
            gate.open()
            await until(lambda: AuthEvent.TOKEN_REFRESHED in world.names)

    run(scenario)
