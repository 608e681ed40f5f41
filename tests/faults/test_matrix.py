"""Every fault, with a token of every age, at the start and in the middle: the session stays, and is tried in time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Connection, TokenHealth
from tests.faults.table import AGES, DUE_ANYWAY, FAULTS, Age, Fault, Moment, Window
from tests.faults.world import App, World, session_in
from tests.scenario import Run

BEFORE: dict[Moment, list[AuthEvent]] = {
    Moment.AT_START: [AuthEvent.INITIAL_SESSION],
    Moment.RUNNING: [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN],
}
SYSTEMS_OWN = ("expired", Moment.AT_START)  # in these cells the keyring is a real gnome-keyring
CELLS = [(fault, age, moment) for age in AGES for moment in Moment for fault in FAULTS]


@dataclass(frozen=True)
class Cell:
    """One fault met by a token of one age at one moment."""

    fault: Fault
    age: Age
    moment: Moment

    @property
    def fresh(self) -> bool:
        return self.age.health is TokenHealth.FRESH


def _keyring_of(age: str, moment: Moment) -> str:
    return "keyring" if (age, moment) == SYSTEMS_OWN else "plain_keyring"


@pytest.mark.parametrize(
    ("world", "cell"),
    [(_keyring_of(age, moment), Cell(FAULTS[fault], AGES[age], moment)) for fault, age, moment in CELLS],
    ids=[f"{fault}, token {age}, {moment}" for fault, age, moment in CELLS],
    indirect=["world"],
)
def test_no_fault_ends_a_session(world: World, cell: Cell, run: Run) -> None:
    async def at_start() -> None:
        async with world.app() as app:
            await app.signs_in()
        world.clock.advance(cell.age.seconds)
        world.suffer(cell.fault)
        async with world.app() as app:
            await meets(world, app, cell)

    async def running() -> None:
        async with world.app() as app:
            await app.signs_in()
            world.suffer(cell.fault)
            world.clock.advance(cell.age.seconds)
            await meets(world, app, cell)

    run(at_start if cell.moment is Moment.AT_START else running)


async def meets(world: World, app: App, cell: Cell) -> None:
    before, asked_before = world.stored(), len(world.proxy.refreshes)
    if cell.fresh:
        await is_asked_by_hand(world, app)
    failed = await app.tells(AuthEvent.REFRESH_FAILED)
    failed_at = world.clock.now()

    assert app.names == [*BEFORE[cell.moment], AuthEvent.REFRESH_FAILED]
    assert failed.cause is cell.fault.cause
    assert world.stored() == before, "the stored record is byte-identical"
    assert len(world.proxy.refreshes) - asked_before == cell.fault.requests
    health = app.who.health
    assert (health.token, health.connection, health.cause) == (cell.age.health, cell.fault.connection, cell.fault.cause)
    await serves_while_it_lives(app, cell)

    assert failed.retry_at is not None
    assert cell.fault.again.begin <= failed.retry_at - failed_at <= cell.fault.again.end
    await recovers(world, app, cell, window_of(cell, failed_at))


async def is_asked_by_hand(world: World, app: App) -> None:
    """A fresh token is due for nothing; then somebody wants another."""
    await app.asleep()
    assert AuthEvent.REFRESH_FAILED not in app.names
    with pytest.raises(AuthError):
        await app.auth.refresh()


async def serves_while_it_lives(app: App, cell: Cell) -> None:
    if cell.age.health is TokenHealth.EXPIRED:
        with pytest.raises(AuthError) as caught:
            await app.auth.access_token()
        assert caught.value.kind is cell.fault.cause
    else:
        assert await app.auth.access_token()


def window_of(cell: Cell, failed_at: float) -> Window:
    """When the next attempt has to be made, by the clock."""
    if cell.fresh:
        made_at = failed_at - cell.age.seconds
        return Window(made_at + DUE_ANYWAY.begin, made_at + DUE_ANYWAY.end)
    return Window(failed_at + cell.fault.again.begin, failed_at + cell.fault.again.end)


async def recovers(world: World, app: App, cell: Cell, due: Window) -> None:
    """The fault is over, and at its time, not before, the app finds out by itself."""
    before, told, asked = world.stored(), app.names, len(world.proxy.refreshes)
    world.recover()
    again_at = await app.tries_again(due.begin - 1)
    assert due.begin <= again_at <= due.end + 0.01
    assert app.names == [*told, AuthEvent.TOKEN_REFRESHED]
    assert len(world.proxy.refreshes) == asked + 1
    assert world.stored().generation > before.generation, "the stored record is newer"
    assert session_in(world.stored()).refresh_token != session_in(before).refresh_token
    health = app.who.health
    assert (health.token, health.connection, health.cause) == (TokenHealth.FRESH, Connection.ONLINE, None)
