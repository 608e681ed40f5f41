"""A keyring that is at work is waited for longer than a prompt, before a second token comes on top of the first."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core import refreshing, store
from tests.core.conftest import World
from tests.core.fakes import Gate
from tests.scenario import Run, settled, until

_SLOW = 0.05


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("turns", [3, 10])
def test_a_keyring_at_work_is_given_ten_times_as_long(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(refreshing, "_TURNS", turns)
    monkeypatch.setattr(refreshing, "SLOW", _SLOW)
    waits: list[float] = []
    in_time = store._in_time

    async def counted(task: asyncio.Task[object], patience: float) -> bool:
        waits.append(patience)
        return await in_time(task, patience)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            monkeypatch.setattr(store, "_in_time", counted)
            await auth.refresh()
            assert waits.count(_SLOW) == turns
            gate.open()
            await until(lambda: world.vault.session == world.held)

    run(scenario)
    assert world.gateway.count("refresh") == 2


@pytest.mark.usefixtures("hurried")
def test_a_prompt_that_nobody_answers_is_waited_for_once(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_TURNS", 100_000)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            world.vault.asking = True
            await auth.refresh()
            gate.open()
            await until(lambda: world.vault.session == world.held)

    run(scenario)
    assert world.gateway.count("refresh") == 2


@pytest.mark.usefixtures("hurried")
def test_who_signs_out_meanwhile_is_not_saved_again(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_TURNS", 100_000)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            refreshing_now = asyncio.create_task(auth.refresh())
            await settled()
            auth.sign_out()
            await refreshing_now
            assert world.held is None
            gate.open()
            await until(lambda: world.vault.session is None)

    run(scenario)
    assert world.gateway.count("refresh") == 1
