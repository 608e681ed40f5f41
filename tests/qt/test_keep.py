"""The box "Keep me signed in", and the countdown of a form that the server would not listen to yet."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Project
from desktopauth.core.state import PasswordForm, SignedIn
from desktopauth.qt.views.sign_in import PasswordCard
from tests.core.conftest import ADA
from tests.core.fakes import refused
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.test_doors import doors
from tests.scenario import Run, settled

SLOW = refused("sign_in", "over_request_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=12.0)


def form(room: Room) -> PasswordCard:
    view = room.shell.view()
    assert isinstance(view, PasswordCard)
    return view


def test_who_is_not_to_be_kept_is_signed_in_for_this_run(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            assert form(room).keep.isChecked()
            form(room).keep.click()
            await room.hands.press("Create an account")
            await room.hands.sees("confirm your email")
            assert not form(room).keep.isChecked(), "said once, for every form"
            await room.hands.press("I have an account already")
            await room.hands.fill("Email", ADA.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")
            assert isinstance(room.world.who(), SignedIn)
            assert room.world.vault.session is None
            assert not room.shows("signed out when you quit"), "they asked for it"

    run_qt(scenario)


def test_what_was_unticked_before_the_keyring_was_read_counts(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        room.build()
        form(room).keep.click()
        await room.hands.type_in(ADA.email)
        await room.hands.key(ESCAPE)  # which takes back what was asked early, but not the tick
        await room.hands.key(TAB)
        await room.hands.type_in(room.world.password)
        await room.hands.key(ENTER)
        async with room.open():
            await room.hands.sees("Hello")
            assert room.world.vault.session is None

    run_qt(scenario)


def test_while_the_server_would_not_listen_the_button_counts_and_enter_does_nothing(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",)))
            room.world.gateway.script.plan("sign_in", SLOW)
            await room.hands.fill("Email", ADA.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Try again in 12 s")
            assert room.hands.texts().count("Try again in 12 s") == 1
            assert form(room).problem.text() == "Too many tries for now."
            before = form(room).submit.mapTo(room.shell, QPoint())
            assert not form(room).submit.isEnabled()
            assert doors(room)[0].isEnabled(), "another door may be open"
            await room.hands.key(ENTER)
            await settled()
            assert room.world.gateway.count("sign_in") == 1
            room.world.clock.advance(11.5)
            await room.hands.sees("Try again in 1 s")
            room.world.clock.advance(0.5)
            await room.hands.until(form(room).submit.isEnabled, "Sign in")
            await settled()
            assert form(room).problem.text() == "You can try again now."
            assert form(room).submit.mapTo(room.shell, QPoint()) == before, "nothing moves under who has waited"
            await room.hands.press("Sign in")
            await room.hands.sees("Hello")

    run_qt(scenario)


def test_a_countdown_ends_with_its_form(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.world.gateway.script.plan("sign_in", SLOW)
            await room.hands.fill("Email", ADA.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Try again in 12 s")
            left = form(room)
            await room.hands.press("Create an account")
            await room.hands.sees("confirm your email")
            assert not left.submit.counts()
            await room.hands.press("I have an account already")
            await room.hands.sees("Welcome")
            assert room.world.flow() == PasswordForm(email=ADA.email)
            assert left.submit.isEnabled()

    run_qt(scenario)


def test_an_address_that_is_remembered_late_leaves_the_password_to_be_typed(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            assert room.focus() == "email"
            room.world.auth_now.open_form("sign_in", ADA.email)
            await settled()
            assert form(room).email.value() == ADA.email
            assert room.focus() == "password"
            room.world.auth_now.open_form("sign_in", "grace@example.com")
            await settled()
            assert form(room).email.value() == ADA.email, "what stands there stays"

    run_qt(scenario)


# ---- projects without passwords


def test_a_project_without_email_shows_its_doors_alone(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",), email=False))
            await settled()
            assert room.hands.texts() == ["Sign in", "Welcome. Use your account to go on.", "Continue with GitHub"]
            room.shell.view().enter()
            assert room.focus() == "Continue with GitHub"
            room.shell.offer(Project(("github",), email=False, phone=True))
            await settled()
            assert room.shows("Send me a code instead")
            room.shell.offer(Project(email=False))
            await settled()
            assert room.shows("Password"), "there has to be some way in"

    run_qt(scenario)


def test_doors_that_are_made_anew_keep_the_focus_on_the_same_one(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("google", "github")))
            view = room.shell.view()
            assert isinstance(view, PasswordCard)
            assert view.doors
            view.doors.buttons[1].setFocus()
            room.shell.offer(Project(("github", "kakao")), "github")
            await settled()
            assert view.doors.buttons[0].hasFocus()
            assert view.doors.buttons[0].objectName() == "provider_github"
            room.shell.offer(Project(("kakao",)))
            await settled()
            assert not view.doors.buttons[0].hasFocus(), "nobody chose that one"

    run_qt(scenario)
