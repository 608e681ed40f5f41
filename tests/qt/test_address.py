"""Only an address: for a code to sign in by, or for a new password; the same is said whoever has that address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Project
from desktopauth.core.state import (
    AddressForm,
    AddressPurpose,
    AuthState,
    BrowserWait,
    CodeWanted,
    PasswordForm,
    SignedOut,
)
from desktopauth.qt.views.address import AddressView
from tests.core.conftest import ADA
from tests.core.fakes import Gate, offline, refused
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.scenario import Run, settled, until

LINKS: dict[AddressPurpose, str] = {"sign_in": "Email me a code instead", "recovery": "Forgot password?"}
CALLS: dict[AddressPurpose, str] = {"sign_in": "send_code", "recovery": "recover"}
BOTH: list[AddressPurpose] = ["sign_in", "recovery"]
both = pytest.mark.parametrize("purpose", BOTH)


def view(room: Room) -> AddressView:
    found = room.shell.view()
    assert isinstance(found, AddressView)
    return found


@asynccontextmanager
async def asked(room: Room, purpose: AddressPurpose, typed: str = ADA.email) -> AsyncIterator[None]:
    async with room.open():
        await room.hands.type_in(typed)
        await room.hands.press(LINKS[purpose])
        await room.hands.sees("six-digit code")
        yield


@both
def test_what_was_typed_before_stands_there_and_enter_sends_it(
    room: Room, run_qt: Run, purpose: AddressPurpose
) -> None:
    async def scenario() -> None:
        async with asked(room, purpose):
            assert room.focus() == "email"
            assert view(room).email.value() == ADA.email
            await room.hands.key(ENTER)
            await room.hands.sees("Six-digit code")
            assert room.world.flow() == CodeWanted(
                ADA.email, purpose, room.world.clock.now() + 60, create=purpose == "sign_in"
            )
            assert room.world.gateway.named(CALLS[purpose])[0].arguments[0] == ADA.email

    run_qt(scenario)


@both
def test_tab_goes_through_all_of_it(room: Room, run_qt: Run, purpose: AddressPurpose) -> None:
    async def scenario() -> None:
        async with asked(room, purpose):
            seen = []
            for _ in range(3):
                await room.hands.key(TAB)
                seen.append(room.focus())
            assert seen == ["Send code", "Back", "email"]

    run_qt(scenario)


@both
@pytest.mark.parametrize("way", ["press", "escape"])
def test_back_leads_to_the_form_with_the_address(room: Room, run_qt: Run, purpose: AddressPurpose, way: str) -> None:
    async def scenario() -> None:
        async with asked(room, purpose):
            await (room.hands.press("Back") if way == "press" else room.hands.key(ESCAPE))
            await room.hands.sees("Welcome")
            assert room.world.flow() == PasswordForm(email=ADA.email)
            assert view_is_empty(room)

    run_qt(scenario)


def view_is_empty(room: Room) -> bool:
    left = room.shell.findChild(AddressView)
    return isinstance(left, AddressView) and left.email.value() == ""


@both
def test_while_it_is_sent_only_cancel_works_and_it_does(room: Room, run_qt: Run, purpose: AddressPurpose) -> None:
    async def scenario() -> None:
        async with asked(room, purpose):
            room.world.gateway.script.plan(CALLS[purpose], gate := Gate())
            view(room).email.submitted.emit()
            view(room).email.submitted.emit()
            await gate.reached.wait()
            assert [view(room).email.isEnabled(), view(room).submit.isEnabled()] == [False] * 2
            assert view(room).submit.text() == "Sending\N{HORIZONTAL ELLIPSIS}"
            assert room.focus() == "Cancel"
            await room.hands.key(ESCAPE)
            await room.hands.until(view(room).submit.isEnabled, "Send code")
            assert view(room).email.value() == ADA.email
            gate.open()
            await settled()
            assert isinstance(room.world.flow(), AddressForm)
            assert room.world.gateway.count(CALLS[purpose]) == 1

    run_qt(scenario)


@both
def test_an_address_that_nobody_has_is_told_nothing_else(room: Room, run_qt: Run, purpose: AddressPurpose) -> None:
    """What the server says of a stranger is the same 200; so is every word here."""

    async def said(address: str) -> list[str]:
        async with asked(room, purpose, address):
            before = room.hands.texts()
            await room.hands.key(ENTER)
            await room.hands.sees("Six-digit code")
            found = [words.replace(address, "X") for words in before + room.hands.texts()]
            await room.hands.key(ESCAPE)
            await room.hands.key(ESCAPE)
            await room.hands.sees("Welcome")
        del room.shell
        return found

    async def scenario() -> None:
        assert await said(ADA.email) == await said("nobody@example.com")

    run_qt(scenario)


def test_a_phone_number_may_stand_there_where_the_project_sends_texts(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(phone=True))
            await room.hands.press("Send me a code instead")
            await room.hands.fill("Email or phone number", "12")
            await room.hands.key(ENTER)
            await room.hands.sees("doesn't look like a phone number")
            assert room.focus() == "email"
            assert view(room).email.edit.accessibleDescription()
            await room.hands.fill("Email or phone number", "+4915112345678")
            await room.hands.key(ENTER)
            await room.hands.sees("We sent a code to +4915112345678 in a text message.")
            assert room.shows("Check your phone")
            await room.hands.press("Use another number")
            await room.hands.press("Back")
            await room.hands.press("Forgot password?")
            await room.hands.sees("Forgot your password?")
            assert "Email" in room.hands.texts(), "a password is forgotten by its address"

    run_qt(scenario)


@both
def test_a_slip_stands_by_the_field_and_trouble_below_it(room: Room, run_qt: Run, purpose: AddressPurpose) -> None:
    async def scenario() -> None:
        async with asked(room, purpose, "nobody"):
            await room.hands.key(ENTER)
            await room.hands.sees("That doesn't look like an email address.")
            assert view(room).email.edit.accessibleDescription() == "That doesn't look like an email address."
            assert room.focus() == "email"
            room.world.gateway.script.plan(CALLS[purpose], offline(CALLS[purpose]))
            await room.hands.type_in(ADA.email)
            await room.hands.key(ENTER)
            await room.hands.sees("can't be reached")
            assert view(room).email.edit.accessibleDescription() == ""
            await room.hands.press("Send code")
            await room.hands.sees("Six-digit code")

    run_qt(scenario)


@both
def test_before_the_server_would_listen_again_the_button_counts(
    room: Room, run_qt: Run, purpose: AddressPurpose
) -> None:
    slow = refused(CALLS[purpose], "over_email_send_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=9.0)

    async def scenario() -> None:
        async with asked(room, purpose):
            room.world.gateway.script.plan(CALLS[purpose], slow)
            await room.hands.key(ENTER)
            await room.hands.sees("Try again in 9 s")
            await room.hands.key(ENTER)
            await settled()
            assert room.world.gateway.count(CALLS[purpose]) == 1
            assert room.shows("Too many tries for now.")
            room.world.clock.advance(9.0)
            await room.hands.press("Send code")
            await room.hands.sees("Six-digit code")

    run_qt(scenario)


def test_who_mistyped_the_address_of_a_code_goes_back_to_it(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room, "sign_in"):
            await room.hands.key(ENTER)
            await room.hands.sees(f"We sent a code to {ADA.email}.")
            await room.hands.press("Use another email")
            await room.hands.sees("Sign in with a code")
            assert view(room).email.value() == ADA.email
            assert room.focus() == "email"

    run_qt(scenario)


def test_by_a_code_one_is_in(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room, "sign_in"):
            await room.hands.key(ENTER)
            await room.hands.sees("Six-digit code")
            await room.hands.type_in("123456")
            await room.hands.sees(f"Hello, {ADA.email}")

    run_qt(scenario)


def test_who_forgot_their_password_proves_their_mailbox_chooses_another_and_is_in(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with asked(room, "recovery"):
            await room.hands.key(ENTER)
            await room.hands.sees(f"If there's an account for {ADA.email}, a code is on its way to it.")
            await room.hands.type_in("123456")
            await room.hands.sees("Choose a new password")
            assert room.focus() == "new_password"
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees(f"Hello, {ADA.email}")
            await until(lambda: room.world.gateway.count("update_user") == 1)

    run_qt(scenario)


@both
def test_markup_in_an_address_is_shown_as_it_is(room: Room, run_qt: Run, purpose: AddressPurpose) -> None:
    foreign = "<img/src=x>@example.com"

    async def scenario() -> None:
        async with asked(room, purpose, foreign):
            await room.hands.key(ENTER)
            await room.hands.sees("Six-digit code")
            assert room.shows(foreign)
            labels = room.shell.view().findChildren(QLabel)
            assert {label.textFormat().name for label in labels} == {"PlainText"}

    run_qt(scenario)


LONG = f"{'a' * 64}@{'b' * 60}.example"


@pytest.mark.parametrize("width", [360, 880])
def test_no_address_is_wider_than_the_window(room: Room, run_qt: Run, width: int) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.resize(width, 620)
            for flow in (
                AddressForm("recovery", LONG),
                CodeWanted(LONG, "sign_in", 0.0),
                CodeWanted(LONG, "recovery", 0.0, create=False),
                BrowserWait(f"custom:{'c' * 200}", "https://x.test", 0.0, busy=False),
                BrowserWait(f"custom:{'c' * 200}"),
                PasswordForm(email=LONG),
            ):
                room.shell.offer(Project((f"custom:{'c' * 200}", "github", "google")))
                room.shell.show_state(AuthState(SignedOut(), flow))
                await settled()
                card = room.shell.view().findChild(QWidget, "card")
                assert isinstance(card, QWidget)
                assert card.mapTo(room.shell, card.rect().topRight()).x() < width, flow
                assert room.shell.width() == width

    run_qt(scenario)
