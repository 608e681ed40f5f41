"""The doors on the forms: which are there, which was used last, and that nothing moves or is lost for them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Project
from desktopauth.core.state import AddressForm, AddressPurpose, BrowserWait, Interrupted, PasswordForm, SignedIn
from desktopauth.qt.providers import icon_of, name_of
from desktopauth.qt.views.sign_in import PasswordCard
from desktopauth.resources import resource
from tests.core.conftest import ADA
from tests.core.fakes import Gate, refused
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.work import comes_back, cut_off, home, may_type, writing
from tests.scenario import Run, settled, until

MARKUP = "<img src=x> <a href=https://x.test>click</a> &amp;"
BRANDS = ["google", "github", "kakao", "spotify", "azure", "discord", "gitlab", "keycloak"]
MANY = Project((*BRANDS, "apple", "custom:acme", "somebody"))
SLOW = refused("sign_in", "over_request_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=12.0)


def form(room: Room) -> PasswordCard:
    view = room.shell.view()
    assert isinstance(view, PasswordCard)
    return view


def doors(room: Room) -> list[QPushButton]:
    view = form(room)
    return view.doors.buttons if view.doors else []


def places(room: Room) -> dict[str, QPoint]:
    """Where everything stands that can be reached or read."""
    view, children = form(room), form(room).findChildren(QWidget)
    seen = [each for each in children if each.isVisible() and each.objectName() not in ("card", "room", "scroll", "")]
    return {f"{each.objectName()} {index}": each.mapTo(view, QPoint(0, 0)) for index, each in enumerate(seen)}


async def walk(room: Room) -> list[str]:
    """What Tab reaches, from where the focus is until it is there again."""
    seen = [room.focus()]
    while True:
        await room.hands.key(TAB)
        if room.focus() == seen[0] or len(seen) > 40:
            return seen
        seen.append(room.focus())


def test_before_the_project_is_known_there_are_none(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            assert doors(room) == []
            assert "or" not in room.hands.texts()

    run_qt(scenario)


@pytest.mark.parametrize("project", [Project(("github",)), MANY])
def test_they_come_below_what_is_there_and_nothing_moves_for_them(room: Room, run_qt: Run, project: Project) -> None:
    async def scenario() -> None:
        async with room.open():
            await room.hands.type_in("ada@exa")
            before = places(room)
            room.shell.offer(project)
            QApplication.processEvents()
            after = places(room)
            shift = {after[name].y() - at.y() for name, at in before.items()}
            assert shift == {0}
            assert room.focus() == "email"
            await room.hands.type_in("mple.com")
            assert form(room).email.value() == "ada@example.com"
            assert {each.objectName() for each in doors(room)} == {f"provider_{name}" for name in project.providers}

    run_qt(scenario)


def test_every_form_has_them_however_early_or_late_it_is_made(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        room.build()
        room.shell.offer(Project(("github",)))
        async with writing(room):
            await room.hands.press("Sign out")
            await room.hands.sees("Welcome")
            assert [each.text() for each in doors(room)] == ["Continue with GitHub"]
            await room.hands.press("Create an account")
            await room.hands.sees("confirm your email")
            assert [each.text() for each in doors(room)] == ["Continue with GitHub"]
            room.shell.offer(Project(("gitlab", "github", "github")))
            assert [each.text() for each in doors(room)] == ["Continue with GitLab", "Continue with GitHub"]
            room.shell.offer(Project(sign_up=False))
            assert doors(room) == []
            await room.hands.press("I have an account already")
            await room.hands.sees("Welcome")
            assert not room.shows("Create an account")

    run_qt(scenario)


def test_one_press_leads_to_the_browser_and_everything_but_cancel_is_off_at_once(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",)))
            room.world.gateway.script.plan("authorize", gate := Gate())
            button = doors(room)[0]
            button.click()
            button.click()
            assert form(room).cancel.isVisible()
            await gate.reached.wait()
            gate.open()
            await until(lambda: room.world.browser.opened, what="the browser")
            assert room.world.gateway.count("authorize") == 1
            assert isinstance(room.world.flow(), BrowserWait)
            await room.hands.press("Cancel")
            await room.hands.sees("Welcome")
            assert doors(room)[0].isEnabled()

    run_qt(scenario)


def test_an_address_that_was_typed_is_still_there_on_the_way_back(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",)))
            await room.hands.type_in("grace@example.com")
            await room.hands.press("Continue with GitHub")
            await room.hands.sees("Waiting for your browser")
            await room.hands.key(ESCAPE)
            await room.hands.sees("Welcome")
            assert form(room).email.value() == "grace@example.com"
            assert room.focus() == "password"

    run_qt(scenario)


def test_tab_goes_through_all_of_it_from_top_to_bottom(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github", "google")), "google")
            links = ["Email me a code instead", "Forgot password?", "Create an account"]
            assert await walk(room) == [
                *("email", "password", "Show", "keep", "Sign in"),
                *links,
                *("Continue with Google", "Continue with GitHub"),
            ]

    run_qt(scenario)


def test_enter_on_a_door_opens_it(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project(("github",)))
            for _ in range(8):
                await room.hands.key(TAB)
            assert room.focus() == "Continue with GitHub"
            await room.hands.key(ENTER)
            await room.hands.sees("Waiting for your browser")

    run_qt(scenario)


def test_a_door_below_the_window_s_edge_comes_into_sight_with_the_focus(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.resize(360, 420)
            room.shell.offer(MANY)
            for _ in range(8 + len(MANY.providers) - 1):
                await room.hands.key(TAB)
            last = doors(room)[-1]
            assert room.shell.focusWidget() is last
            assert room.shell.rect().contains(QRect(last.mapTo(room.shell, QPoint()), last.size()))

    run_qt(scenario)


def test_the_one_that_was_used_last_is_marked_and_comes_first(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(MANY, "gitlab")
            first = doors(room)[0]
            assert (first.text(), first.accessibleName()) == (
                "Continue with GitLab",
                "Continue with GitLab, last used",
            )
            await settled()
            assert room.hands.texts().count("Last used") == 1
            assert not any("last used" in each.accessibleName() for each in doors(room)[1:])
            room.shell.offer(MANY, "password")
            await settled()
            assert room.hands.texts().count("Last used") == 1
            assert form(room).submit.accessibleDescription() == "Last used"
            room.shell.offer(MANY, "code")
            assert not room.shows("Last used")
            assert room.shows("Email me a code instead (last used)")
            room.shell.offer(MANY, "no longer offered")
            assert not any("ast used" in words for words in room.hands.texts())

    run_qt(scenario)


def test_by_a_provider_one_comes_back_to_interrupted_work(room: Room, run_qt: Run) -> None:
    from desktopauth.core.redirect import Granted

    async def scenario() -> None:
        async with writing(room):
            room.shell.offer(Project(("github",)))
            await cut_off(room)
            await may_type(room)
            await room.hands.press("Continue with GitHub")
            await room.hands.sees("Waiting for your browser")
            assert isinstance(room.world.who(), Interrupted)
            await room.hands.press("Cancel")
            await room.hands.sees("Your work is still here")
            await may_type(room)
            await room.hands.press("Continue with GitHub")
            await room.hands.sees("Waiting for your browser")
            room.world.browser.receiver.come(Granted("code"))
            await room.hands.sees("Hello, ada@example.com")
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


def test_over_interrupted_work_the_code_and_the_forgotten_password_are_at_hand_too(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with writing(room):
            await cut_off(room)
            ways: list[tuple[str, AddressPurpose]] = [
                ("Email me a code instead", "sign_in"),
                ("Forgot password?", "recovery"),
            ]
            for words, purpose in ways:
                await may_type(room)
                await room.hands.press(words)
                await room.hands.sees("six-digit code")
                assert room.world.flow() == AddressForm(purpose, ADA.email)
                await room.hands.press("Back")
                await room.hands.sees("Your work is still here")
            await comes_back(room)
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


# ---- the box


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


# ---- the countdown


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
            assert form(room).problem.text() == "Too many tries for now. Wait until the countdown is over."
            assert not form(room).submit.isEnabled()
            assert doors(room)[0].isEnabled(), "another door may be open"
            await room.hands.key(ENTER)
            await settled()
            assert room.world.gateway.count("sign_in") == 1
            room.world.clock.advance(11.5)
            await room.hands.sees("Try again in 1 s")
            room.world.clock.advance(0.5)
            await room.hands.until(form(room).submit.isEnabled, "Sign in")
            assert form(room).problem.text() == ""
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


# ---- names and marks


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("github", "GitHub"),
        ("kakao", "Kakao"),
        ("azure", "Microsoft"),
        ("custom:acme", "Acme"),
        ("custom:acme-corp_eu", "Acme corp eu"),
        ("slack_oidc", "Slack"),
        ("custom:", "Custom:"),
        (MARKUP, MARKUP),
    ],
)
def test_a_provider_is_called_what_its_owner_calls_it(provider: str, name: str) -> None:
    assert name_of(provider) == name


def pixels(icon: QIcon) -> bytes:
    return bytes(icon.pixmap(27, 22).toImage().constBits())


@pytest.mark.parametrize("dark", [False, True])
def test_each_brand_has_a_mark_of_its_own_and_everybody_else_the_neutral_one(qapp: object, dark: bool) -> None:
    neutral = pixels(icon_of("somebody", dark=dark))
    marks = [pixels(icon_of(brand, dark=dark)) for brand in BRANDS]
    assert len({*marks, neutral}) == len(BRANDS) + 1
    assert all(any(mark) for mark in marks), "none is empty"
    strangers = ["apple", "custom:github", "../../demo/schema", "", "neutral-dark"]
    assert {pixels(icon_of(name, dark=dark)) for name in strangers} == {neutral}


def test_every_mark_is_named_in_the_notice() -> None:
    notice = resource("icons/NOTICE").read_text("utf-8")
    files = [path.name for path in resource("icons").iterdir() if path.suffix == ".svg"]
    assert [name for name in files if name not in notice] == []


def test_a_provider_s_name_from_outside_is_shown_as_it_is(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.offer(Project((f"custom:{MARKUP}", "custom:a&b")))
            long, short = doors(room)
            assert long.accessibleName() == f"Continue with {MARKUP}"
            assert long.text().startswith("Continue with <img")
            assert short.text() == "Continue with A&&b"
            assert short.shortcut().isEmpty()
            assert long.sizeHint().width() < form(room).width()

    run_qt(scenario)
