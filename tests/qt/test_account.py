"""The account: who they are here, what they can change, and the ways out, in words; all of it with the keyboard too."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desktopauth.core.errors import ErrorKind
from desktopauth.qt.style import style_sheet
from tests.core.fakes import Gate, offline, refused
from tests.qt.conftest import ENTER, ESCAPE, TAB, Room
from tests.qt.people import EVIL, account, named, open_account, person, rename, sent
from tests.qt.screen import everything_in
from tests.qt.work import home
from tests.scenario import Run, settled, until

OTHERS = "Sign out other devices"


def test_it_is_reached_and_left_by_keyboard_alone(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await room.hands.type_in("milk")
            for _ in range(12):
                if room.focus() == "Account":
                    break
                await room.hands.key(TAB)
            await room.hands.key(ENTER)
            assert room.shows("Sign out everywhere")
            assert not room.shows("Ways to sign in"), "the server has named none"
            assert not room.shows("Notes")
            passed = []
            for _ in range(12):
                await room.hands.key(TAB)
                passed.append(room.focus())
                if passed[-1] == "Sign out everywhere":
                    break
            ways = ["Sign out here", "Sign out other devices", "Sign out everywhere"]
            assert passed[2:] == ["full_name", "Change email", "Change password", *ways], "Save has nothing to save yet"
            await room.hands.key(ESCAPE)
            assert room.focus() == "note"
            assert home(room).notes.edit.text() == "milk"

    run_qt(scenario)


def test_who_somebody_is_comes_from_outside_and_is_plain_text(room: Room, run_qt: Run) -> None:
    identities = [
        {"provider": "github", "identity_data": {"user_name": EVIL}},
        {"provider": "custom:<b>acme</b>", "identity_data": {"email": "ada@acme.test"}},
    ]
    user = person(user_metadata={"full_name": f"{EVIL}\n\N{RIGHT-TO-LEFT OVERRIDE}x"}, identities=identities)

    async def scenario() -> None:
        async with room.signed_in(user):
            await room.hands.sees(f"Hello, {EVIL} x")
            await open_account(room)
            assert account(room).called.text() == f"{EVIL} x"
            assert account(room).address.text() == "ada@example.com"
            assert [way.text() for way in account(room).ways[:2]] == [
                f"GitHub: {EVIL}",
                "<b>acme</b>: ada@acme.test",
            ]
            labels = home(room).findChildren(QLabel)
            assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}

    run_qt(scenario)


def test_a_name_is_changed_with_the_keyboard_and_greets_them(room: Room, run_qt: Run) -> None:
    room.world.gateway.script.plan("update_user", named("Ada King"))

    async def scenario() -> None:
        async with room.signed_in(named("Ada Lovelace")):
            await open_account(room)
            assert account(room).name.field.value() == "Ada Lovelace"
            assert not account(room).name.save.isEnabled()
            await rename(room, "  Ada   King ")
            await room.hands.sees("Saved.")
            await room.hands.sees("Hello, Ada King")
            assert room.focus() == "full_name"
            assert home(room).banner.words.text() == ""
            assert not home(room).work_is_open()
        assert [change.facts for change in sent(room)] == [{"full_name": "Ada King"}]

    run_qt(scenario)


def test_a_name_that_was_not_taken_stays_with_the_reason_by_the_field(room: Room, run_qt: Run) -> None:
    room.world.gateway.script.plan("update_user", offline("update_user"), named("Ada King"))

    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await rename(room, "Ada King")
            await room.hands.sees("The sign-in service can't be reached.")
            assert account(room).name.field.edit.accessibleDescription().startswith("The sign-in service can't")
            assert account(room).name.field.value() == "Ada King"
            assert home(room).work_is_open()
            await room.hands.press("Save")
            await room.hands.sees("Saved.")
            assert not room.shows("can't be reached")

    run_qt(scenario)


def test_enter_pressed_twice_sends_it_once(room: Room, run_qt: Run) -> None:
    room.world.gateway.script.plan("update_user", gate := Gate(named("Ada King")))

    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await rename(room, "Ada King")
            await room.hands.key(ENTER)
            gate.open()
            await room.hands.sees("Saved.")
            assert len(sent(room)) == 1

    run_qt(scenario)


def test_what_is_typed_while_a_name_is_on_its_way_is_kept(room: Room, run_qt: Run) -> None:
    room.world.gateway.script.plan("update_user", gate := Gate(named("Ada")))

    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await rename(room, "Ada")
            await room.hands.type_in(" King")
            gate.open()
            await room.hands.sees("Hello, Ada")
            await settled()
            assert account(room).name.field.value() == "Ada King"
            assert not room.shows("Saved.")
            assert account(room).name.save.isEnabled()

    run_qt(scenario)


def test_a_late_answer_for_who_is_gone_is_not_told_to_who_comes_next(room: Room, run_qt: Run) -> None:
    room.world.gateway.script.plan("update_user", gate := Gate(refused("update_user", "x", ErrorKind.REFUSED)))
    grace = person("grace", "grace@example.com", user_metadata={"full_name": "Grace"})

    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await rename(room, "Ada King")
            await room.hands.press("Sign out")
            room.world.gateway.script.plan("sign_in", room.world.session("s2", grace))
            await room.hands.fill("Email", grace.email)
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await room.hands.sees("Hello, Grace")
            assert room.shows("Notes"), "who comes in begins at home"
            await open_account(room)
            gate.open()
            await settled()
            assert account(room).name.field.value() == "Grace"
            assert not room.shows("said no")

    run_qt(scenario)


@pytest.mark.parametrize(
    ("words", "what", "scope", "told"),
    [
        ("Sign out here", "other devices stay signed in", "local", "You're signed out."),
        ("Sign out other devices", "You stay signed in here", "others", "Your other devices are signed out."),
        ("Sign out everywhere", "on all other devices as soon as", "global", "So are your other devices"),
    ],
)
def test_each_way_out_says_what_it_does_and_does_it(
    room: Room, run_qt: Run, words: str, what: str, scope: str, told: str
) -> None:
    async def scenario() -> None:
        async with room.signed_in():
            await open_account(room)
            await room.hands.sees(what)
            await room.hands.press(words)
            await room.hands.sees(told)
            await until(lambda: room.world.gateway.count("sign_out") == 1)
            assert room.world.gateway.named("sign_out")[0].arguments[1] == scope

    run_qt(scenario)


def test_nothing_of_it_stays_on_screen_when_they_are_gone(room: Room, run_qt: Run) -> None:
    user = person(user_metadata={"full_name": "Ada Lovelace"}, identities=[{"provider": "github"}])

    async def scenario() -> None:
        async with room.signed_in(user):
            await open_account(room)
            await rename(room, "Ada King")
            before = home(room)
            await room.hands.press("Sign out here")
            await room.hands.sees("You're signed out.")
            left = everything_in(before)
            assert [words for words in ("Ada", "AL", "ada@", "GitHub", "Saved") if words in left] == []

    run_qt(scenario)


def test_it_fits_into_a_narrow_window_whatever_is_written_there(room: Room, run_qt: Run) -> None:
    many = [{"provider": f"custom:{'x' * 40}{number}", "identity_data": {"email": EVIL}} for number in range(30)]
    user = person(email=f"{'a' * 60}@example.com", user_metadata={"full_name": "w" * 5000}, identities=many)

    async def scenario() -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        async with room.signed_in(user):
            room.shell.setStyleSheet(style_sheet(app))
            await open_account(room)
            for width in (880, 600, 360):
                room.shell.resize(width, 620)
                await settled()
                assert room.shell.size().toTuple() == (width, 620)
                inner = account(room).widget()
                assert inner is not None
                assert inner.width() <= account(room).viewport().width(), "nothing is out of reach to the right"
            await room.hands.sees("and 22 more")

    run_qt(scenario)


def test_in_a_small_window_it_follows_the_keyboard_that_comes_in_and_stays_put_under_the_mouse(
    room: Room, run_qt: Run
) -> None:
    async def scenario() -> None:
        async with room.signed_in(person(user_metadata={"full_name": "Ada"})):
            await open_account(room)
            room.shell.resize(360, 480)
            await settled()
            bar, above = account(room).verticalScrollBar(), home(room)
            for before, key, far in (
                (above.switch, Qt.Key.Key_Backtab, 0),
                (above.sign_out.more, TAB, bar.maximum()),
            ):
                before.setFocus()
                bar.setValue(far)
                await room.hands.key(key)
                focus = room.shell.focusWidget()
                assert account(room).isAncestorOf(focus)
                assert focus.visibleRegion().boundingRect() == focus.rect()
            bar.setValue(0)
            cut = next(way for way in account(room).out.findChildren(QPushButton) if way.text() == OTHERS)
            below = cut.mapTo(account(room).viewport(), cut.rect().bottomLeft()).y() - account(room).viewport().height()
            bar.setValue(below - 8)
            await room.hands.press(OTHERS)
            await room.hands.sees("Your other devices are signed out.")

    run_qt(scenario)
