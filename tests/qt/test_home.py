"""Home: the person's notes beside their session; nothing of it stays on screen when they are gone."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem, VaultProblem
from desktopauth.core.models import User
from desktopauth.core.ports import Unsaved
from desktopauth.core.state import AuthState, Health, SignedIn
from desktopauth.qt.concerns import concern_sentence
from desktopauth.qt.views.home import HomeView
from tests.core.conftest import ADA
from tests.core.fakes import offline
from tests.qt.conftest import ENTER, Room
from tests.scenario import Run, settled

GRACE = User("grace", "grace@example.com")


def home(room: Room) -> HomeView:
    found = room.shell.view()
    assert isinstance(found, HomeView)
    return found


def rows(room: Room) -> list[str]:
    listed = home(room).notes.list
    return [listed.item(row).text() for row in range(listed.count())]


def problem(kind: ErrorKind) -> AuthError:
    return AuthError(Problem(kind, "notes", Outcome.REFUSED))


def test_a_note_is_written_with_the_keyboard_alone(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.sees("No notes yet")
            assert room.focus() == "note"
            await room.hands.type_in("milk")
            await room.hands.key(ENTER)
            await room.hands.until(lambda: rows(room) == ["milk"], "the note in the list")
            assert not room.shows("No notes yet")
            assert home(room).notes.edit.text() == ""
            assert room.focus() == "note"
        assert room.notes.bodies == ["milk"]

    run_qt(scenario)


def test_enter_pressed_twice_writes_one_note(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.notes.held = asyncio.Event()
            await room.hands.type_in("milk")
            home(room).notes.edit.returnPressed.emit()
            home(room).notes.edit.returnPressed.emit()
            await settled()
            await room.hands.key(ENTER)
            room.notes.held.set()
            await room.hands.until(lambda: bool(rows(room)), "the note in the list")
            await settled()
            assert room.notes.bodies == rows(room) == ["milk"]

    run_qt(scenario)


def test_an_empty_note_is_not_sent(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.type_in("   ")
            await room.hands.key(ENTER)
            await settled()
            assert room.notes.bodies == rows(room) == []

    run_qt(scenario)


def test_a_note_that_was_not_taken_stays_in_the_line_with_the_reason_under_the_list(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.notes.problem = problem(ErrorKind.TABLE_MISSING)
            await room.hands.type_in("milk")
            await room.hands.press("Add")
            await room.hands.sees("no notes table yet")
            assert home(room).notes.edit.text() == "milk"
            room.notes.problem = None
            await room.hands.press("Add")
            await room.hands.until(lambda: rows(room) == ["milk"], "the note in the list")
            assert not room.shows("no notes table yet")

    run_qt(scenario)


def test_what_is_typed_while_a_note_is_on_its_way_is_kept(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.notes.held = asyncio.Event()
            await room.hands.type_in("milk")
            await room.hands.key(ENTER)
            await room.hands.type_in(" and eggs")
            room.notes.held.set()
            await room.hands.until(lambda: rows(room) == ["milk"], "the note in the list")
            assert home(room).notes.edit.text() == "milk and eggs"

    run_qt(scenario)


def test_nothing_of_who_was_there_stays_on_screen(room: Room, run_qt: Run) -> None:
    room.notes.bodies = ["a secret plan"]

    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.until(lambda: rows(room) == ["a secret plan"], "the note in the list")
            await room.hands.type_in("another one")
            before = home(room)
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            texts = [label.text() for label in before.findChildren(QLabel)]
            texts += [edit.text() for edit in before.findChildren(QLineEdit)]
            assert not any("plan" in text or "another" in text or "Hello" in text for text in texts)
            assert before.notes.list.count() == 0

    run_qt(scenario)


def test_a_late_answer_for_who_is_gone_is_not_shown_to_who_comes_next(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.notes.held = asyncio.Event()
            await room.hands.type_in("Ada's note")
            await room.hands.key(ENTER)
            await settled()
            before = home(room)
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            room.notes.held.set()
            await settled()
            assert before.notes.list.count() == 0

    run_qt(scenario)


def test_another_person_reads_their_own_notes(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.notes.bodies = ["Grace's"]
            room.world.gateway.script.plan("sign_in", room.world.session("s2", GRACE))
            await room.hands.press("Sign out")
            await room.hands.fill("Email", GRACE.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello, grace@example.com")
            await room.hands.until(lambda: rows(room) == ["Grace's"], "her note")

    run_qt(scenario)


def test_the_session_panel_says_who_how_long_where_and_what_happened(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            for words in ("ada@example.com", " left", room.world.vault.place, "Online", "INITIAL_SESSION"):
                await room.hands.sees(words)
            await room.world.auth_now.refresh()
            await settled()
            events = home(room).session.events
            assert [events.item(row).text().split()[1] for row in range(events.count())] == [
                "TOKEN_REFRESHED",
                "INITIAL_SESSION",
            ]

    run_qt(scenario)


def test_the_list_of_events_keeps_the_last_twenty(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            for _ in range(25):
                await room.world.auth_now.refresh()
            events = room.shell.findChild(QListWidget, "events")
            assert isinstance(events, QListWidget)
            assert events.count() == 20

    run_qt(scenario)


def test_a_server_in_trouble_is_one_quiet_line(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.world.gateway.script.plan("refresh", offline())
            with pytest.raises(AuthError):
                await room.world.auth_now.refresh()
            await room.hands.sees("Offline. We'll reconnect by ourselves.")
            await room.hands.sees("REFRESH_FAILED")
            assert room.shows("Hello, ada@example.com")

    run_qt(scenario)


@pytest.mark.parametrize("why", [why for why in VaultProblem if why is not VaultProblem.UNWANTED])
def test_a_session_that_could_not_be_saved_says_so(room: Room, run_qt: Run, why: VaultProblem) -> None:
    async def scenario() -> None:
        async with room.open():
            room.world.vault.script.plan("save", Unsaved(why))
            await room.hands.fill("Email", "ada@example.com")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees(concern_sentence(why))
            assert room.shows("Hello")

    run_qt(scenario)


def test_a_token_past_its_end_is_being_renewed(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            room.shell.show_state(AuthState(SignedIn(ADA, Health())))
            home(room).session._facts = type(home(room).session._facts)(lambda: 1.0, lambda: "somewhere")
            home(room).session.show_events()
            assert room.shows("Renewing\N{HORIZONTAL ELLIPSIS}")

    run_qt(scenario)


def test_an_address_of_any_length_fits_into_a_narrow_window(room: Room, run_qt: Run) -> None:
    long = User("long", f"{'a' * 60}@{'subdomain' * 5}.example.com")

    async def scenario() -> None:
        async with room.signed_in(long):
            for width in (880, 600, 420):
                room.shell.resize(width, 620)
                await settled()
                assert room.shell.size().toTuple() == (width, 620)
                assert home(room).who.text() == f"Hello, {long.email}"

    run_qt(scenario)
