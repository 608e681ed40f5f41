"""Sign in and sign up: where the focus lands, what is kept, what is wiped, and what is said when it goes wrong."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit

from desktopauth.core.errors import ErrorKind, VaultProblem
from desktopauth.core.ports import Unread
from desktopauth.core.state import PasswordForm
from desktopauth.qt.views.sign_in import PasswordCard
from tests.core.fakes import Gate, offline, refused
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.scenario import Run, settled, until


def form(room: Room) -> PasswordCard:
    view = room.shell.view()
    assert isinstance(view, PasswordCard)
    return view


async def fill_in(room: Room, email: str = "ada@example.com") -> None:
    await room.hands.fill("Email", email)
    await room.hands.fill("Password", room.world.password)


def test_tab_and_enter_are_enough_to_sign_in(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            assert room.focus() == "email"
            await room.hands.type_in("ada@example.com")
            await room.hands.key(TAB)
            assert room.focus() == "password"
            await room.hands.type_in(room.world.password)
            await room.hands.key(ENTER)
            await room.hands.sees("Hello, ada@example.com")
            assert room.focus() == "note"
        assert room.world.gateway.named("sign_in")[0].arguments == ("ada@example.com", room.world.password)

    run_qt(scenario)


def test_enter_in_the_first_field_goes_to_the_second(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await room.hands.type_in("ada@example.com")
            await room.hands.key(ENTER)
            assert room.focus() == "password"
            assert room.world.gateway.calls == []

    run_qt(scenario)


def test_while_it_is_busy_everything_but_cancel_is_disabled_and_cancel_works(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            gate = Gate()
            room.world.gateway.script.plan("sign_in", gate)
            await fill_in(room)
            await room.hands.press("Sign in")
            await gate.reached.wait()
            view = form(room)
            off = [view.email, view.password, view.submit, view.other]
            assert [part.isEnabled() for part in off] == [False] * 4
            assert view.submit.text() == "Signing in\N{HORIZONTAL ELLIPSIS}"
            assert room.focus() == "Cancel"
            await room.hands.press("Cancel")
            await settled()
            assert [part.isEnabled() for part in off] == [True] * 4
            assert not view.cancel.isVisible()
            assert room.focus() == "password"
            assert view.password.value() == room.world.password, "a cancelled try costs no typing"
            gate.open()
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="the late session revoked")
            assert form(room) is view

    run_qt(scenario)


def test_escape_cancels_a_busy_form(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            gate = Gate()
            room.world.gateway.script.plan("sign_in", gate)
            await fill_in(room)
            await room.hands.key(ENTER)
            await gate.reached.wait()
            await room.hands.key(ESCAPE)
            await settled()
            assert form(room).submit.isEnabled()
            gate.open()
            await until(lambda: room.world.gateway.count("sign_out") == 1, what="the late session revoked")

    run_qt(scenario)


def test_enter_pressed_twice_asks_once(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await fill_in(room)
            edit = form(room).password.edit
            edit.returnPressed.emit()
            edit.returnPressed.emit()
            await room.hands.sees("Hello")
            assert room.world.gateway.count("sign_in") == 1

    run_qt(scenario)


def test_the_password_is_wiped_when_the_form_leaves(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await fill_in(room)
            await room.hands.press("Show")
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            every = room.shell.findChildren(QLineEdit)
            assert not any(room.world.password in edit.text() for edit in every)
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            assert form(room).password.edit.echoMode() is QLineEdit.EchoMode.Password
            assert room.focus() == "password", "the address is known, so the password is what is missing"

    run_qt(scenario)


def test_undo_does_not_bring_a_wiped_password_back(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await fill_in(room)
            edit = form(room).password.edit
            await room.hands.press("Create an account")
            await room.hands.sees("confirm your email")
            edit.undo()
            assert edit.text() == ""

    run_qt(scenario)


def test_the_address_is_kept_from_form_to_form_and_the_newest_counts(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            for address in ("ada@example.com", "grace@example.com"):
                await room.hands.fill("Email", address)
                await room.hands.press("Create an account")
                await room.hands.sees("confirm your email")
                assert form(room).email.value() == address
                assert room.focus() == "password"
                await room.hands.press("I have an account already")
                await room.hands.sees("Welcome")
                assert form(room).email.value() == address

    run_qt(scenario)


def test_after_sign_out_the_address_of_who_was_there_is_filled_in(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            assert form(room).email.value() == "ada@example.com"

    run_qt(scenario)


@pytest.mark.parametrize(
    ("kind", "words", "focus"),
    [
        (ErrorKind.BAD_CREDENTIALS, "don't match", "password"),
        (ErrorKind.INVALID_EMAIL, "doesn't look like an email address", "email"),
        (ErrorKind.WEAK_PASSWORD, "Choose a stronger password: make it longer", "password"),
        (ErrorKind.RATE_LIMITED, "Try again in a minute.", "password"),
        (ErrorKind.SERVER, "isn't answering properly", "password"),
    ],
)
def test_a_problem_stands_by_its_field_in_plain_words(
    room: Room, run_qt: Run, kind: ErrorKind, words: str, focus: str
) -> None:
    async def scenario() -> None:
        async with room.open():
            room.world.gateway.script.plan("sign_in", refused("sign_in", "x", kind))
            await fill_in(room)
            await room.hands.press("Sign in")
            await room.hands.sees(words)
            view = form(room)
            by_email, by_password = (field.edit.accessibleDescription() for field in (view.email, view.password))
            said = {"email": by_email, "password": by_password, "form": view.problem.text()}
            places = [place for place, text in said.items() if text]
            assert len(places) == 1
            assert room.focus() == focus
            assert [view.email.isEnabled(), view.password.isEnabled(), view.submit.isEnabled()] == [True] * 3
            assert said[places[0]].endswith(".")
            room.world.gateway.script.plan("sign_in", Gate())
            await room.hands.press("Sign in")
            await until(lambda: not any(words in label.text() for label in room.shell.findChildren(QLabel)))
            await room.hands.press("Cancel")

    run_qt(scenario)


def test_a_problem_names_the_field_that_it_stands_by(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await room.hands.fill("Email", "nobody")
            await room.hands.press("Sign in")
            await room.hands.sees("doesn't look like an email address")
            assert room.focus() == "email"
            await room.hands.fill("Email", "ada@example.com")
            await room.hands.press("Sign in")
            await room.hands.sees("Enter your password.")
            assert room.focus() == "password"
            assert not room.shows("email address.")
            assert room.world.gateway.calls == [], "neither was worth a request"

    run_qt(scenario)


def test_a_server_that_cannot_be_reached_leaves_the_form_usable(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.world.gateway.script.plan("sign_in", offline("sign_in"))
            await fill_in(room)
            await room.hands.press("Sign in")
            await room.hands.sees("can't be reached")
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")

    run_qt(scenario)


def test_without_a_keyring_the_sign_in_view_says_what_that_means(room: Room, run_qt: Run) -> None:
    room.world.vault.script.plan("load", Unread(VaultProblem.UNAVAILABLE))

    async def scenario() -> None:
        async with room.open():
            await room.hands.sees("No system keyring was found. You'll be signed out when you quit.")
            await fill_in(room)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            await room.hands.sees("You'll be signed out when you quit.")
            assert "save" not in room.world.vault.calls

    run_qt(scenario)


def test_what_is_typed_while_the_keyring_is_read_stays(room: Room, run_qt: Run) -> None:
    gate = Gate()
    room.world.vault.script.plan("load", gate)

    async def scenario() -> None:
        async with room.open(wait=False):
            await room.hands.type_in("ada@exa")
            gate.open()
            await until(lambda: room.world.events)
            await settled()
            assert form(room).email.value() == "ada@exa"
            assert room.focus() == "email"
            assert room.world.flow() == PasswordForm()

    run_qt(scenario)
