"""The doors on the forms: which are there, which was used last, and that nothing moves or is lost for them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QPushButton, QScrollBar, QWidget

from desktopauth.core.models import Project
from desktopauth.core.state import AddressForm, AddressPurpose, BrowserWait, Interrupted
from desktopauth.qt.views.sign_in import PasswordCard
from tests.core.conftest import ADA
from tests.core.fakes import Gate
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.work import comes_back, cut_off, home, may_type, writing
from tests.scenario import Run, settled, until

MARKUP = "<img src=x> <a href=https://x.test>click</a> &amp;"
BRANDS = ["google", "github", "kakao", "spotify", "azure", "discord", "gitlab", "keycloak"]
MANY = Project((*BRANDS, "apple", "custom:acme", "somebody"))


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


@pytest.mark.parametrize(("project", "scrolls"), [(Project(("github",)), False), (MANY, True)])
def test_they_come_below_what_is_there_and_nothing_moves_for_them(
    room: Room, run_qt: Run, project: Project, scrolls: bool
) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.resize(880, 480)
            await settled()
            await room.hands.type_in("ada@exa")
            before = places(room)
            room.shell.offer(project)
            QApplication.processEvents()
            await settled()
            after = places(room)
            assert {name: after[name] for name in before} == before
            bars = form(room).findChildren(QScrollBar)
            assert any(bar.isVisible() for bar in bars) is scrolls
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
            await settled()
            button = doors(room)[0]
            before = button.mapTo(room.shell, QPoint())
            button.click()
            button.click()
            assert form(room).cancel.isVisible()
            await settled()
            assert button.mapTo(room.shell, QPoint()) == before, "Cancel has a place of its own"
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


@pytest.mark.parametrize("size", [(360, 420), (880, 400), (360, 320)])
def test_in_a_low_window_the_focus_is_in_sight_wherever_they_go_on(
    room: Room, run_qt: Run, size: tuple[int, int]
) -> None:
    def in_sight() -> bool:
        focus = room.shell.focusWidget()
        return focus.visibleRegion().boundingRect() == focus.rect()

    async def scenario() -> None:
        async with room.open():
            room.shell.resize(*size)
            room.shell.offer(MANY)
            for _ in range(8 + len(MANY.providers) - 1):
                await room.hands.key(TAB)
            await room.hands.key(ENTER)
            await room.hands.sees("Waiting for your browser")
            await room.hands.until(in_sight, "Cancel")
            assert room.focus() == "Cancel"
            await room.hands.key(ESCAPE)
            await room.hands.until(in_sight, "the form")
            assert room.focus() == "email"

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
