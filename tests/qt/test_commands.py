"""What a view asks for before the session is settled waits, and is dropped where it no longer fits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Unread
from desktopauth.core.state import PasswordForm
from desktopauth.qt.commands import Commands
from tests.core.fakes import Gate
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.scenario import Run, settled, until


async def type_and_send(room: Room) -> None:
    await room.hands.type_in("ada@example.com")
    await room.hands.key(TAB)
    await room.hands.type_in(room.world.password)
    await room.hands.key(ENTER)


def test_who_types_faster_than_the_app_starts_is_signed_in_as_soon_as_it_can(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        room.build()
        await type_and_send(room)
        assert room.shows("Signing in\N{HORIZONTAL ELLIPSIS}")
        async with room.open():
            await room.hands.sees("Hello, ada@example.com")
            assert room.world.gateway.count("sign_in") == 1
            assert room.world.journal[:2] == ["load", "INITIAL_SESSION"]

    run_qt(scenario)


def test_what_was_asked_before_the_keyring_was_read_waits_for_it(room: Room, run_qt: Run) -> None:
    gate = Gate()
    room.world.vault.script.plan("load", gate)

    async def scenario() -> None:
        async with room.open(wait=False):
            await gate.reached.wait()
            await type_and_send(room)
            await settled()
            assert room.world.gateway.calls == []
            gate.open()
            await room.hands.sees("Hello")

    run_qt(scenario)


def test_what_was_asked_of_the_form_is_dropped_when_somebody_is_restored(room: Room, run_qt: Run) -> None:
    room.world.vault.put(room.world.session())

    async def scenario() -> None:
        room.build()
        await type_and_send(room)
        async with room.open():
            await room.hands.sees("Hello, ada@example.com")
            await settled()
            assert room.world.gateway.calls == []

    run_qt(scenario)


def test_it_is_dropped_too_when_the_keyring_wants_something_first(room: Room, run_qt: Run) -> None:
    room.world.vault.script.plan("load", Unread(VaultProblem.LOCKED))

    async def scenario() -> None:
        room.build()
        await type_and_send(room)
        async with room.open(wait=False):
            await room.hands.press("Go on without saving")
            await room.hands.sees("Welcome")
            await settled()
            assert room.world.gateway.calls == []

    run_qt(scenario)


@pytest.mark.parametrize("way", ["press", "escape"])
def test_what_was_asked_early_can_be_taken_back(room: Room, run_qt: Run, way: str) -> None:
    async def scenario() -> None:
        room.build()
        await type_and_send(room)
        await (room.hands.press("Cancel") if way == "press" else room.hands.key(ESCAPE))
        assert not room.shows("Signing in\N{HORIZONTAL ELLIPSIS}"), "Cancel is seen at once"
        async with room.open():
            await settled()
            assert room.world.gateway.calls == []
            assert room.world.flow() == PasswordForm()

    run_qt(scenario)


def test_the_way_to_sign_up_is_remembered_too(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        room.build()
        await room.hands.type_in("ada@example.com")
        await room.hands.press("Create an account")
        async with room.open():
            await room.hands.sees("confirm your email")
            assert room.world.flow() == PasswordForm("sign_up", "ada@example.com")

    run_qt(scenario)


def test_the_store_view_asks_again_and_goes_on_without(room: Room, run_qt: Run) -> None:
    room.world.vault.put(room.world.session())
    room.world.vault.script.plan("load", Unread(VaultProblem.LOCKED), Unread(VaultProblem.LOCKED))

    async def scenario() -> None:
        async with room.open(wait=False):
            await room.hands.press("Unlock and try again")
            await until(lambda: room.world.vault.calls == ["load", "load"])
            await room.hands.press("Unlock and try again")
            await room.hands.sees("Hello, ada@example.com")

    run_qt(scenario)


def test_while_the_keyring_is_waited_for_the_window_says_so_and_opens_no_second_prompt(
    room: Room, run_qt: Run, impatient: None
) -> None:
    gate = Gate()
    room.world.vault.script.plan("load", gate)

    async def scenario() -> None:
        async with room.open(wait=False, expects=True):
            await room.hands.sees("Waiting for your system keyring")
            assert not room.shows("Try again")
            await room.hands.press("Go on without saving")
            await room.hands.sees("Welcome")
            gate.open()
            await settled()
            assert room.shows("Welcome"), "a late answer changes no view"
            assert room.world.vault.calls == ["load"]

    run_qt(scenario)


def test_work_that_fails_by_a_mistake_of_ours_is_seen_in_the_log(run_qt: Run, expected_logs: Any) -> None:
    expected_logs("desktopauth.window: work of the window failed: LookupError")

    async def broken() -> None:
        raise LookupError

    async def scenario() -> None:
        loop, unhandled = asyncio.get_running_loop(), list[str]()
        loop.set_exception_handler(lambda _, context: unhandled.append(type(context["exception"]).__name__))
        commands = Commands()
        commands.start(broken())
        await settled()
        assert unhandled == ["LookupError"], "and by the loop's own handler"
        await commands.close()

    run_qt(scenario)
