"""Events: INITIAL_SESSION first and once for everybody, the same order for all, and nobody spoils it for others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desktopauth.core.events import AuthChange, AuthEvent, EventBus, Subscription, Transition
from desktopauth.core.models import User
from desktopauth.core.state import AuthState, SignedIn, SignedOut
from tests.conftest import LogWatch

ADA = User("ada")
NOBODY, SOMEBODY = AuthState(SignedOut()), AuthState(SignedIn(ADA))
INITIAL, SIGNED_IN, SIGNED_OUT = AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN, AuthEvent.SIGNED_OUT


class Ear:
    """A subscriber that remembers; ``then`` is called with the event first, and may do anything."""

    def __init__(self, then: Callable[[AuthChange], object] = lambda _: None) -> None:
        self.changes: list[AuthChange] = []
        self._then = then

    def __call__(self, change: AuthChange) -> None:
        self.changes.append(change)
        self._then(change)

    @property
    def names(self) -> list[AuthEvent]:
        return [change.event for change in self.changes]


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


def say(bus: EventBus, event: AuthEvent, before: AuthState = NOBODY, after: AuthState = SOMEBODY) -> None:
    user = after.session.user if isinstance(after.session, SignedIn) else None
    bus.publish(Transition(before, after, AuthChange(event, user=user)))


def test_who_is_early_hears_of_the_session_when_it_is_known(bus: EventBus) -> None:
    ear = Ear()
    bus.subscribe(ear)
    assert ear.names == []
    say(bus, INITIAL)
    assert ear.names == [INITIAL]
    assert ear.changes[0].user == ADA


def test_who_is_late_is_told_at_once_who_is_there_now(bus: EventBus) -> None:
    say(bus, INITIAL, after=NOBODY)
    say(bus, SIGNED_IN)
    ear = Ear()
    bus.subscribe(ear)
    assert ear.names == [INITIAL]
    assert ear.changes[0].user == ADA
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    late = Ear()
    bus.subscribe(late)
    assert ear.names == [INITIAL, SIGNED_OUT]
    assert [change.user for change in late.changes] == [None]


def test_numbers_rise_for_everybody(bus: EventBus) -> None:
    early, late = Ear(), Ear()
    bus.subscribe(early)
    say(bus, INITIAL)
    bus.subscribe(late)
    say(bus, AuthEvent.TOKEN_REFRESHED)
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    for ear in (early, late):
        numbers = [change.seq for change in ear.changes]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 3
    assert early.changes[1:] == late.changes[1:]


def test_who_subscribes_inside_a_callback_hears_that_event_once(bus: EventBus) -> None:
    inner = Ear()
    outer = Ear(lambda change: bus.subscribe(inner) if change.event is INITIAL else None)
    bus.subscribe(outer)
    say(bus, INITIAL)
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    assert inner.names == [INITIAL, SIGNED_OUT]


def test_who_subscribes_inside_a_replay_gets_one_too(bus: EventBus) -> None:
    say(bus, INITIAL)
    inner = Ear()
    outer = Ear(lambda _: bus.subscribe(inner))
    bus.subscribe(outer)
    assert outer.names == inner.names == [INITIAL]


def test_everybody_hears_events_in_the_same_order_even_when_one_causes_the_next(bus: EventBus) -> None:
    hasty = Ear(lambda change: say(bus, SIGNED_OUT, SOMEBODY, NOBODY) if change.event is SIGNED_IN else None)
    calm = Ear()
    bus.subscribe(hasty)
    bus.subscribe(calm)
    say(bus, INITIAL, after=NOBODY)
    say(bus, SIGNED_IN)
    assert hasty.names == calm.names == [INITIAL, SIGNED_IN, SIGNED_OUT]


def test_a_subscriber_that_raises_disturbs_no_other(bus: EventBus, expected_logs: LogWatch) -> None:
    def fall(_: AuthChange) -> None:
        raise RuntimeError("mine alone")

    expected_logs("desktopauth.events: a subscriber raised RuntimeError")
    before, after = Ear(), Ear()
    for callback in (before, fall, after):
        bus.subscribe(callback)
    say(bus, INITIAL)
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    assert before.names == after.names == [INITIAL, SIGNED_OUT]


def test_who_interrupts_the_whole_program_does_not_jam_the_bus(bus: EventBus) -> None:
    def interrupt(_: AuthChange) -> None:
        stopper.close()
        raise KeyboardInterrupt

    stopper = bus.subscribe(interrupt)
    with pytest.raises(KeyboardInterrupt):
        say(bus, INITIAL)
    ear = Ear()
    bus.subscribe(ear)
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    assert ear.names == [INITIAL, SIGNED_OUT]


def test_a_closed_subscription_hears_nothing_more(bus: EventBus) -> None:
    ear = Ear()
    with bus.subscribe(ear) as subscription:
        say(bus, INITIAL)
    say(bus, SIGNED_OUT, SOMEBODY, NOBODY)
    subscription.close()
    assert ear.names == [INITIAL]


def test_one_that_was_closed_in_the_middle_of_a_delivery_hears_nothing_more(bus: EventBus) -> None:
    held: list[Subscription] = []
    bus.subscribe(Ear(lambda _: held[0].close()))
    ear = Ear()
    held.append(bus.subscribe(ear))
    say(bus, INITIAL)
    assert ear.names == []


def test_one_that_was_closed_before_its_replay_hears_nothing(bus: EventBus) -> None:
    ear = Ear()
    bus.subscribe(Ear(lambda _: bus.subscribe(ear).close()))
    say(bus, INITIAL)
    assert ear.names == []


def test_watchers_see_each_step_before_subscribers_hear_of_it(bus: EventBus) -> None:
    order: list[str] = []
    bus.subscribe(lambda change: order.append(change.event.value))
    bus.watch(lambda step: order.append(f"user {step.user_changed}"))
    bus.publish(Transition(AuthState(), NOBODY))
    say(bus, INITIAL)
    say(bus, AuthEvent.TOKEN_REFRESHED, SOMEBODY, SOMEBODY)
    assert order == ["user False", "user True", "INITIAL_SESSION", "user False", "TOKEN_REFRESHED"]


def test_a_watcher_that_was_closed_sees_nothing_more(bus: EventBus) -> None:
    seen: list[str] = []
    held: list[Subscription] = []
    bus.watch(lambda _: held[0].close())
    held.append(bus.watch(lambda _: seen.append("second")))
    say(bus, INITIAL)
    held[0].close()
    assert seen == []


def test_something_else_that_happens_first_is_no_news_of_the_session(bus: EventBus) -> None:
    say(bus, AuthEvent.STORAGE_PROBLEM, NOBODY, NOBODY)
    ear = Ear()
    bus.subscribe(ear)
    assert ear.names == []
    say(bus, INITIAL)
    assert ear.names == [INITIAL]
