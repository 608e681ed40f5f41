"""The bus: the core's events as Qt signals, in order, and nothing of its own."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Signal

from desktopauth.core.events import AuthChange, AuthEvent
from desktopauth.core.state import SignedIn, SignedOut
from desktopauth.qt.bus import AuthBus
from tests.canary import Canary
from tests.core.conftest import ADA, World
from tests.scenario import Run, settled


@pytest.fixture
def world(canary: Canary) -> World:
    return World(canary)


def listen(bus: AuthBus) -> list[Any]:
    """Everything that the bus says, in order, by the name of the signal."""
    heard: list[Any] = []
    bus.state_changed.connect(lambda state: heard.append(("state", type(state.session).__name__)))
    bus.user_changed.connect(lambda user: heard.append(("user", user and user.id)))
    bus.event.connect(lambda change: heard.append(("event", change.event)))
    for name in [event.name.lower() for event in AuthEvent]:
        getattr(bus, name).connect(lambda change, name=name: heard.append((name, change.event)))
    return heard


def test_signing_in_is_told_as_state_then_user_then_event_then_its_own_signal(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            bus = AuthBus(auth)
            heard = listen(bus)
            await auth.sign_in("ada@example.com", world.password)
            assert heard == [
                ("state", "SignedOut"),  # the form is busy
                ("state", "SignedIn"),
                ("user", ADA.id),
                ("event", AuthEvent.SIGNED_IN),
                ("signed_in", AuthEvent.SIGNED_IN),
            ]
            heard.clear()
            auth.sign_out()
            assert heard == [
                ("state", "SignedOut"),
                ("user", None),
                ("event", AuthEvent.SIGNED_OUT),
                ("signed_out", AuthEvent.SIGNED_OUT),
            ]

    run_qt(scenario)


def test_a_refresh_changes_no_user(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            heard = listen(AuthBus(auth))
            await auth.refresh()
            assert heard == [("event", AuthEvent.TOKEN_REFRESHED), ("token_refreshed", AuthEvent.TOKEN_REFRESHED)]

    run_qt(scenario)


def test_who_subscribes_late_hears_the_initial_session_first_and_once(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            bus = AuthBus(auth)
            heard: list[AuthChange] = []
            bus.subscribe(heard.append)
            await settled()
            await auth.refresh()
            assert [change.event for change in heard] == [AuthEvent.INITIAL_SESSION, AuthEvent.TOKEN_REFRESHED]
            assert heard[0].user == ADA
            assert heard[0].seq < heard[1].seq

    run_qt(scenario)


def test_who_subscribes_early_hears_the_initial_session_once_too(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.auth(wait=False) as auth:
            heard: list[AuthChange] = []
            with AuthBus(auth).subscribe(heard.append):
                await settled(100)
                assert [change.event for change in heard] == [AuthEvent.INITIAL_SESSION]
            await auth.sign_in("ada@example.com", world.password)
            assert len(heard) == 1, "a closed subscription is silent"

    run_qt(scenario)


def test_the_state_can_be_read_at_any_time(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            bus = AuthBus(auth)
            seen: list[bool] = []
            bus.state_changed.connect(lambda state: seen.append(bus.state is state))
            assert isinstance(bus.state.session, SignedOut)
            await auth.sign_in("ada@example.com", world.password)
            assert isinstance(bus.state.session, SignedIn)
            assert set(seen) == {True}

    run_qt(scenario)


@pytest.mark.qt_no_exception_capture
def test_a_slot_that_raises_disturbs_nobody(world: World, run_qt: Run, raised: list[str]) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            bus = AuthBus(auth)
            for signal in (bus.state_changed, bus.user_changed, bus.event, bus.signed_in):
                signal.connect(_raise)
            heard = listen(bus)
            await auth.sign_in("ada@example.com", world.password)
            assert heard[-1] == ("signed_in", AuthEvent.SIGNED_IN)
            assert isinstance(auth.state.session, SignedIn)

    run_qt(scenario)
    assert set(raised) == {"LookupError"}


def test_a_subscriber_that_raises_disturbs_nobody(world: World, run_qt: Run, expected_logs: Any) -> None:
    expected_logs("desktopauth.events: a subscriber raised LookupError")

    async def scenario() -> None:
        async with world.auth() as auth:
            bus = AuthBus(auth)
            heard: list[AuthChange] = []
            bus.subscribe(_raise)
            bus.subscribe(heard.append)
            await auth.sign_in("ada@example.com", world.password)
            assert [change.event for change in heard] == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]

    run_qt(scenario)


def test_a_closed_bus_is_silent(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            bus = AuthBus(auth)
            heard = listen(bus)
            bus.close()
            bus.close()
            await auth.sign_in("ada@example.com", world.password)
            assert heard == []

    run_qt(scenario)


def test_a_signal_called_event_leaves_qt_its_own_events(world: World, run_qt: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            bus, gone = AuthBus(auth), []
            bus.destroyed.connect(lambda: gone.append("gone"))
            QCoreApplication.sendEvent(bus, QEvent(QEvent.Type.User))
            bus.close()
            bus.deleteLater()  # an event of Qt's to the bus, which QObject.event() has to handle
            QCoreApplication.sendPostedEvents(bus, QEvent.Type.DeferredDelete)
            assert gone == ["gone"]

    run_qt(scenario)


@pytest.mark.parametrize("event", AuthEvent)
def test_every_event_has_a_signal_of_its_own(event: AuthEvent) -> None:
    assert isinstance(vars(AuthBus)[event.name.lower()], Signal)


def _raise(_: object) -> None:
    raise LookupError
