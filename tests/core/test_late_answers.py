"""The keyring answers after the person went on without it: what it holds is kept, and whose session stays is asked."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Unread, Unsaved
from desktopauth.core.state import Reason, SignedOut
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")
LOCKED = Unsaved(VaultProblem.LOCKED)
PASSING = [VaultProblem.FULL, VaultProblem.LOCKED, VaultProblem.UNAVAILABLE]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("later", [True, False])
def test_the_same_persons_newer_session_wins(world: World, run: Run, later: bool) -> None:
    world.vault.put(world.session("old"))

    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: world.vault.calls == ["load"] and world.steps)
            auth.go_on_without_saving()
            if not later:
                gate.open()
                await settled()
            await auth.sign_in(ADA.email, world.password)
            gate.open()
            await until(lambda: world.health.memory_only is None)
            assert world.vault.session == world.held

    run(scenario)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("by_order", [True, False])
def test_another_persons_session_is_written_over_by_order_alone(world: World, run: Run, by_order: bool) -> None:
    world.vault.put(theirs := world.session("theirs", EVE))

    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: world.vault.calls == ["load"] and world.steps)
            auth.go_on_without_saving()
            await auth.sign_in(ADA.email, world.password)
            gate.open()
            await until(lambda: world.health.memory_only is VaultProblem.OCCUPIED)
            assert world.events[-1].cause is VaultProblem.OCCUPIED, "it is asked"
            await auth.refresh()
            assert world.vault.session == theirs
            if by_order:
                await auth.save_over()
                assert world.vault.session == world.held
                assert world.health.memory_only is None
            else:
                auth.sign_out()
                await settled()
                assert world.vault.session == theirs

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_nobody_in_a_keyring_that_answers_late_leaves_room(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate())
        async with world.auth(wait=False) as auth:
            await until(lambda: world.vault.calls == ["load"] and world.steps)
            auth.go_on_without_saving()
            gate.open()
            await settled()
            await auth.sign_in(ADA.email, world.password)
            assert world.health.memory_only is None
            assert world.vault.session == world.held

    run(scenario)


@pytest.mark.usefixtures("hurried")
def test_a_late_answer_that_says_nothing_leaves_it_as_it_is(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.vault.script.plan("load", gate := Gate(Unread(VaultProblem.DENIED)))
        async with world.auth(wait=False) as auth:
            await until(lambda: world.vault.calls == ["load"] and world.steps)
            auth.go_on_without_saving()
            gate.open()
            await settled()
            await auth.sign_in(ADA.email, world.password)
            assert world.health.memory_only is VaultProblem.WAITING

    run(scenario)
    assert "save" not in world.vault.calls


def test_there_is_nothing_to_save_over_for_nobody(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.save_over()

    run(scenario)
    assert world.vault.calls == ["load"]


def test_a_sign_out_while_it_is_saved_over_says_nothing_more(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            saving = asyncio.create_task(auth.save_over())
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await saving
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]
