"""Another address: what is told before a code is sent, and that nothing of it stays."""

from __future__ import annotations

import time

import pytest

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.models import User
from desktopauth.core.reduce import Asked, Cancelled, Failed
from desktopauth.core.state import AuthState, Health, NewEmail, SignedIn
from desktopauth.qt.views.new_email import NewEmailView
from tests.qt.choosing import not_taken
from tests.qt.conftest import ENTER, TAB
from tests.qt.desk import Desk, desk
from tests.qt.screen import everything_in
from tests.scenario import Run

ADA = User("ada", "ada@example.com")
ASKED = AuthState(SignedIn(ADA), NewEmail())
NEW = "ada@elsewhere.test"


def view(on: Desk) -> NewEmailView:
    assert isinstance(on.card, NewEmailView)
    return on.card


def test_it_says_where_codes_go_and_is_sent_with_the_keyboard_alone(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            await on.hands.sees("Today it is ada@example.com.")
            await on.hands.sees("a code to the new address, and mostly another one to the old address")
            assert on.focus() == "new_email"
            await on.hands.type_in(f"  {NEW} ")
            await on.hands.key(ENTER)
            assert on.commands.heard == [("change_email", NEW)]
            assert on.shows("Sending\N{HORIZONTAL ELLIPSIS}")

    run_qt(scenario)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Enter the new address."), ("   ", "Enter the new address."), ("ADA@example.com ", "That is your address")],
)
def test_a_slip_is_told_by_the_field_before_anything_is_sent(run_qt: Run, typed: str, words: str) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            await on.hands.type_in(typed)
            await on.hands.press("Send a code")
            await on.hands.sees(words)
            assert on.focus() == "new_email"
            assert view(on).email.edit.accessibleDescription().startswith(words)
            assert on.commands.heard == []
            await on.hands.type_in("x")
            assert not on.shows(words)

    run_qt(scenario)


@pytest.mark.parametrize(
    ("kind", "words", "by_field"),
    [
        (ErrorKind.INVALID_EMAIL, "doesn't look like an email address", True),
        (ErrorKind.USER_EXISTS, "This address belongs to another account here.", True),
        (ErrorKind.OFFLINE, "can't be reached", False),
    ],
)
def test_what_was_refused_is_told_where_the_person_goes_on(
    run_qt: Run, kind: ErrorKind, words: str, by_field: bool
) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            await on.hands.type_in(NEW)
            await on.hands.key(ENTER)
            on.hear(Asked(NEW), not_taken(kind))
            await on.hands.sees(words)
            assert (words in view(on).email.edit.accessibleDescription()) == by_field
            assert not on.shows("Sign in instead"), "they are in already"
            assert (on.focus(), view(on).email.value()) == ("new_email", NEW)
            on.state = AuthState(SignedIn(ADA, Health(clock_off=True)), on.state.flow)
            await on.hands.type_in("x")
            on.hear()
            assert view(on).email.edit.accessibleDescription() == "", "an old answer is not about what was typed since"

    run_qt(scenario)


def test_while_it_is_busy_everything_but_cancel_is_disabled_and_cancel_works(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            await on.hands.type_in(NEW)
            view(on).email.submitted.emit()
            view(on).email.submitted.emit()
            on.hear(Asked(NEW))
            assert [part.isEnabled() for part in (view(on).email, view(on).submit)] == [False] * 2
            assert on.focus() == "Cancel"
            await on.hands.key(ENTER)
            on.hear(Cancelled())
            assert on.commands.heard == [("change_email", NEW), ("cancel",)]
            assert (on.focus(), view(on).email.value()) == ("new_email", NEW)

    run_qt(scenario)


def test_a_server_that_names_its_seconds_is_given_them(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            await on.hands.type_in(NEW)
            await on.hands.key(ENTER)
            limited = Problem(ErrorKind.RATE_LIMITED, "update_user", retry_after=17.0)
            on.hear(Asked(NEW), Failed(limited, time.time() + 17))
            await on.hands.sees("Try again in 17 s")
            await on.hands.key(ENTER)
            assert len(on.commands.heard) == 1

    run_qt(scenario)


def test_what_was_typed_before_is_there_when_the_form_comes_back(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, AuthState(SignedIn(ADA), NewEmail(NEW))) as on:
            assert view(on).email.value() == NEW

    run_qt(scenario)


def test_tab_goes_through_it_and_nothing_of_it_stays(run_qt: Run) -> None:
    async def scenario() -> None:
        async with desk(NewEmailView, ASKED) as on:
            passed = []
            for _ in range(3):
                passed.append(on.focus())
                await on.hands.key(TAB)
            assert passed == ["new_email", "Send a code", "Cancel"]
            await on.hands.fill("New email", NEW)
            await on.hands.key(ENTER)
            on.hear(Asked(NEW), not_taken(ErrorKind.USER_EXISTS))
            on.card.leave()
            left = everything_in(on.card)
            assert not any(words in left for words in (NEW, ADA.email, "another account"))

    run_qt(scenario)
