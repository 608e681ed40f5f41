"""The shell: one view for each state, switched by the bus and nothing else; words from outside shown as they are."""

from __future__ import annotations

from typing import get_args

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Project, User
from desktopauth.core.state import (
    AddressForm,
    AnotherPerson,
    AuthState,
    BrowserWait,
    CodeWanted,
    Flow,
    Interrupted,
    NewEmail,
    NewPassword,
    PasswordForm,
    Reason,
    SessionState,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
)
from desktopauth.qt.choice import Name, view_of
from desktopauth.qt.views.home import HomeView
from desktopauth.qt.views.store import StoreView
from desktopauth.qt.widgets import Field, FormCard, text
from tests.core.conftest import ADA
from tests.qt.conftest import Room
from tests.scenario import Run, settled

GRACE = User("grace", "grace@example.com")
CUT_OFF = Interrupted(ADA, Reason.EXPIRED)
CODE = CodeWanted("ada@example.com", "confirm", 0.0)
TABLE: list[tuple[AuthState, Name]] = [
    (AuthState(Starting(expects_somebody=True)), "restoring"),
    (AuthState(Starting(expects_somebody=False)), "sign_in"),
    (AuthState(StoreWanted(VaultProblem.LOCKED)), "store"),
    (AuthState(SignedOut()), "sign_in"),
    (AuthState(SignedOut(), PasswordForm("sign_in")), "sign_in"),
    (AuthState(SignedOut(), PasswordForm("sign_up")), "sign_up"),
    (AuthState(SignedOut(), PasswordForm("sign_up", busy=True)), "sign_up"),
    (AuthState(SignedOut(), CODE), "code"),
    (AuthState(SignedIn(ADA)), "home"),
    (AuthState(SignedIn(ADA), CODE), "code"),
    (AuthState(SignedIn(ADA), NewPassword()), "new_password"),
    (AuthState(SignedIn(ADA), NewEmail()), "new_email"),
    (AuthState(SignedIn(ADA), BrowserWait("github")), "browser_wait"),
    (AuthState(SignedIn(ADA), PasswordForm()), "home"),
    (AuthState(SignedIn(ADA), AddressForm("recovery")), "home"),
    (AuthState(SignedOut(), AddressForm("sign_in")), "address"),
    (AuthState(SignedOut(), AddressForm("recovery")), "address"),
    (AuthState(SignedOut(), BrowserWait("github")), "browser_wait"),
    (AuthState(SignedOut(), NewPassword(forgotten=True)), "new_password"),
    (AuthState(SignedOut(), NewEmail()), "sign_in"),
    (AuthState(CUT_OFF, PasswordForm("sign_in")), "interrupted"),
    (AuthState(CUT_OFF, PasswordForm("sign_up")), "interrupted"),
    (AuthState(CUT_OFF), "interrupted"),
    (AuthState(CUT_OFF, CODE), "code"),
    (AuthState(CUT_OFF, AddressForm("recovery")), "address"),
    (AuthState(CUT_OFF, BrowserWait("github")), "browser_wait"),
    (AuthState(CUT_OFF, NewPassword(forgotten=True)), "new_password"),
    (AuthState(CUT_OFF, NewEmail()), "interrupted"),
    (AuthState(CUT_OFF, AnotherPerson(GRACE)), "another"),
    (AuthState(SignedOut(Reason.REPLACED), AnotherPerson(GRACE, busy=True)), "restoring"),
]


@pytest.mark.parametrize(("state", "name"), TABLE)
def test_each_state_asks_for_its_view(state: AuthState, name: Name) -> None:
    assert view_of(state) == name


def test_the_table_above_forgets_no_kind_of_state_and_no_view() -> None:
    assert {type(state.session) for state, _ in TABLE} == set(get_args(SessionState))
    assert {type(state.flow) for state, _ in TABLE} == {*get_args(Flow), type(None)}
    assert {name for _, name in TABLE} == set(get_args(Name))


def test_no_part_of_a_view_is_ever_a_window_of_its_own(room: Room, run_qt: Run) -> None:
    """One that is shown before it has its place flashes up, and takes the keyboard."""

    async def scenario() -> None:
        async with room.signed_in():
            room.shell.offer(Project(("github", "google", "kakao")), "github")
            for state, name in TABLE:
                if not isinstance(state.session, Starting):
                    room.shell.show_state(state)
                    await settled()
                    assert room.shell.isActiveWindow(), name

    run_qt(scenario)


def test_the_views_follow_the_bus_through_a_whole_stay(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            seen = ["code"]
            room.bus.state_changed.connect(lambda state: seen.append(type(room.shell.view()).__name__))
            await room.hands.type_in("123456")
            await room.hands.sees("Hello, ada@example.com")
            await room.hands.press("Sign out")
            await room.hands.sees("You're signed out.")
            assert seen == ["code", "CodeView", "HomeView", "SignInView"]

    run_qt(scenario)


def test_a_session_whose_bus_is_silent_moves_no_view(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.bus.close()
            await room.world.auth_now.sign_in("ada@example.com", room.world.password)
            await settled()
            assert isinstance(room.world.who(), SignedIn)
            assert room.shows("Welcome")

    run_qt(scenario)


def test_an_event_that_changes_no_state_rebuilds_no_view(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            before = room.shell.view()
            room.notes.bodies.append("put there meanwhile")
            await room.world.auth_now.refresh()
            await settled()
            assert room.shell.view() is before
            assert not room.shows("put there meanwhile"), "a refresh is no reason to load the notes again"
            await room.hands.sees("TOKEN_REFRESHED")

    run_qt(scenario)


def test_escape_cancels(room: Room, run_qt: Run) -> None:
    from tests.qt.conftest import ESCAPE

    async def scenario() -> None:
        async with room.waiting_for_a_code():
            await room.hands.key(ESCAPE)
            await room.hands.sees("confirm your email")
            await room.hands.sees("Email")
            assert room.world.flow() == PasswordForm("sign_up", "ada@example.com")

    run_qt(scenario)


@pytest.mark.parametrize(
    ("problem", "button", "words"),
    [
        (VaultProblem.LOCKED, "Unlock and try again", "is locked"),
        (VaultProblem.DENIED, "Try again", "said no"),
        (VaultProblem.CORRUPT, "Try again", "was left as it is"),
        (VaultProblem.WAITING, "", "Waiting for your system keyring"),
    ],
)
def test_a_keyring_that_gives_no_answer_is_explained_with_the_ways_on(
    room: Room, run_qt: Run, problem: VaultProblem, button: str, words: str
) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.show_state(AuthState(StoreWanted(problem)))
            view = room.shell.view()
            assert isinstance(view, StoreView)
            assert room.shows(words)
            buttons = [b.text() for b in (view.retry, view.go_on) if b.isVisible()]
            assert buttons == [*filter(None, [button]), "Go on without saving"]
            assert room.focus() == buttons[0]

    run_qt(scenario)


FOREIGN = "<b>bold</b> <img src=file:///etc/hostname>"


def test_words_from_outside_are_shown_as_they_are(room: Room, run_qt: Run) -> None:
    ada = User("ada", FOREIGN, {"id": "ada", "email": FOREIGN, "user_metadata": {"name": FOREIGN}})
    room.notes.bodies = [FOREIGN]

    async def scenario() -> None:
        async with room.signed_in(ada):
            await room.hands.until(lambda: FOREIGN in room.hands.texts(), "the note")
            view = room.shell.view()
            assert isinstance(view, HomeView)
            for label in (view.who, view.session.who):
                assert FOREIGN in label.text()
                assert label.textFormat().name == "PlainText"

    run_qt(scenario)


def test_every_text_that_can_change_is_plain(qapp: object) -> None:
    card, field = FormCard("Title"), Field("Name", "name")
    labels = [text("x"), card.title, card.subtitle, card.notice, card.problem, field._problem]
    assert {label.textFormat().name for label in labels} == {"PlainText"}


def test_an_address_that_looks_like_markup_is_read_out_in_the_code_view(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code("<b>ada</b>@example.com"):
            assert room.shows("We sent a code to <b>ada</b>@example.com.")

    run_qt(scenario)


@pytest.mark.parametrize("metadata", [None, [], {"name": None}, {"name": ""}, {}])
def test_a_person_without_a_name_is_greeted_by_their_address(room: Room, run_qt: Run, metadata: object) -> None:
    ada = User("ada", "ada@example.com", {"id": "ada", "email": "ada@example.com", "user_metadata": metadata})

    async def scenario() -> None:
        async with room.signed_in(ada):
            await room.hands.sees("Hello, ada@example.com")

    run_qt(scenario)
