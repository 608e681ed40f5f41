"""No project is configured: what is asked for, what is said by which field, and how a person gets on from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktopauth.adapters.project_check import check_project
from desktopauth.demo.server import EmbeddedServer
from desktopauth.qt.commands import Commands
from desktopauth.qt.hands import Hands
from desktopauth.qt.shell import Shell
from desktopauth.qt.views.connect import ConnectView
from tests.qt.conftest import ENTER, ESCAPE, TAB
from tests.qt.screen import everything_in
from tests.scenario import Run, settled, until

URL, KEY = "https://project.test", "sb_publishable_x"


@dataclass(frozen=True)
class Found:
    url: str = URL
    key: str = KEY
    sentence: str = ""
    place: str = "form"


class Checker:
    """Answers as it is told, when it is told to; every question is written down."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answer: Found | Exception = Found()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, url: str, key: str) -> Found:
        self.asked.append((url, key))
        answer = self.answer
        await self.go.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


class Table(QWidget):
    """The view alone in a window; what it signals is written down."""

    def __init__(self, *, url: str = "", key: str = "") -> None:
        super().__init__()
        self.check, self.commands = Checker(), Commands()
        self.view = ConnectView(self.commands, self.check, url=url, key=key)
        self.signals: list[tuple[str, ...]] = []
        self.view.connected.connect(lambda url, key: self.signals.append((url, key)))
        self.view.demo_wanted.connect(lambda: self.signals.append(("demo",)))
        self.hands = Hands(self)
        QVBoxLayout(self).addWidget(self.view)
        self.resize(880, 620)
        self.show()
        self.view.enter()
        self.grab()  # lays everything out, so that hands find it where it is

    def focus(self) -> str:
        match self.focusWidget():
            case QPushButton() as button:
                return button.text()
            case None:
                return ""
            case widget:
                return widget.objectName()

    async def fill_in(self, url: str = URL, key: str = KEY) -> None:
        await self.hands.fill("Project URL", url)
        await self.hands.fill("Publishable key", key)


@asynccontextmanager
async def table(*, url: str = "", key: str = "") -> AsyncIterator[Table]:
    found = Table(url=url, key=key)
    try:
        yield found
    finally:
        await found.commands.close()
        found.hide()  # and not closed: the last window would take the loop along
        found.deleteLater()


def test_the_keyboard_alone_is_enough(run_qt: Run) -> None:
    async def scenario() -> None:
        async with table() as there:
            assert there.focus() == "url"
            await there.hands.type_in(f" {URL} ")
            await there.hands.key(ENTER)
            assert there.focus() == "key"
            await there.hands.type_in(KEY)
            await there.hands.key(TAB)
            assert there.focus() == "Check and connect"
            await there.hands.key(ENTER)
            await until(lambda: there.signals, what="the signal")
            assert (there.check.asked, there.signals) == ([(URL, KEY)], [(URL, KEY)])

    run_qt(scenario)


@pytest.mark.parametrize(
    ("url", "key", "field"), [("", KEY, "Project URL"), (URL, " ", "Publishable key"), ("", "", "Project URL")]
)
def test_what_is_missing_is_asked_for_without_a_check(run_qt: Run, url: str, key: str, field: str) -> None:
    async def scenario() -> None:
        async with table() as there:
            await there.fill_in(url, key)
            await there.hands.press("Check and connect")
            await there.hands.sees("Enter the ")
            wrong = there.view.url if field == "Project URL" else there.view.key
            assert wrong.edit.accessibleDescription().startswith("Enter the ")
            assert there.focus() == wrong.edit.objectName()
            assert there.check.asked == []

    run_qt(scenario)


@pytest.mark.parametrize(("place", "focus"), [("url", "url"), ("key", "key"), ("form", "url")])
def test_what_is_wrong_is_said_where_it_is_and_goes_with_the_next_try(run_qt: Run, place: str, focus: str) -> None:
    async def scenario() -> None:
        async with table() as there:
            there.check.answer = Found(sentence="No & <b>such</b> thing.", place=place)
            await there.fill_in()
            await there.hands.press("Check and connect")
            await there.hands.sees("No & <b>such</b> thing.")
            said = [part.edit.accessibleDescription() for part in (there.view.url, there.view.key)]
            assert [bool(words) for words in said] == [place == "url", place == "key"]
            assert there.view.problem.isVisible() is (place == "form")
            assert there.focus() == focus
            assert there.view.url.value() == URL, "nothing has to be typed again"
            there.check.answer = Found()
            await there.hands.press("Check and connect")
            await until(lambda: there.signals, what="the signal")
            assert "such" not in " ".join(there.hands.texts())

    run_qt(scenario)


def test_while_it_is_checked_only_cancel_can_be_pressed_and_the_late_answer_does_not_count(run_qt: Run) -> None:
    async def scenario() -> None:
        async with table() as there:
            there.check.go.clear()
            await there.fill_in()
            await there.hands.key(ENTER)
            await until(lambda: there.check.asked, what="the check")
            view = there.view
            view.key.submitted.emit()
            assert len(there.check.asked) == 1, "Enter pressed twice asks once"
            assert [part.isEnabled() for part in (view.url, view.key, view.submit, view.demo)] == [False] * 4
            assert there.focus() == "Cancel"
            await there.hands.press("Cancel")
            assert (view.submit.isEnabled(), view.cancel.isVisible(), there.focus()) == (True, False, "url")
            there.check.go.set()
            await settled()
            assert there.signals == []
            view.cancel.click()  # as Escape does at any time
            assert view.submit.isEnabled()

    run_qt(scenario)


def test_escape_gives_a_check_up_in_the_window_as_well(run_qt: Run) -> None:
    async def scenario() -> None:
        shell = Shell("Example", Commands(), expects_somebody=True)
        check = Checker()
        check.go.clear()
        view = ConnectView(shell.commands, check, url=URL, key=KEY)
        shell.put(view)
        shell.show()
        view.key.submitted.emit()
        await until(lambda: check.asked, what="the check")
        await Hands(shell).key(ESCAPE)
        assert view.submit.isEnabled()
        await shell.commands.close()
        shell.hide()
        shell.deleteLater()

    run_qt(scenario)


def test_what_was_found_but_could_not_be_kept_is_said(run_qt: Run) -> None:
    async def scenario() -> None:
        async with table() as there:
            await there.fill_in()
            await there.hands.press("Check and connect")
            await until(lambda: there.signals, what="the signal")
            assert not there.view.submit.isEnabled(), "it is connecting"
            there.view.refuse("The disk is full.")
            await there.hands.sees("The disk is full.")
            await there.hands.press("Check and connect")
            await until(lambda: len(there.signals) == 2, what="another try")

    run_qt(scenario)


def test_a_check_that_breaks_leaves_the_form_as_it_was(
    run_qt: Run, expected_logs: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(expected_logs)
    expected_logs("desktopauth.window: work of the window failed: RuntimeError")

    async def scenario() -> None:
        raised: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: raised.append(context["exception"]))
        async with table() as there:
            there.check.answer = RuntimeError("a mistake of ours")
            await there.fill_in()
            await there.hands.press("Check and connect")
            await until(lambda: raised, what="the exception")
            assert there.view.submit.isEnabled()
            assert there.signals == []

    run_qt(scenario)


def test_the_demo_is_one_press_away(run_qt: Run) -> None:
    async def scenario() -> None:
        async with table() as there:
            await there.hands.press("Try the demo instead")
            assert there.signals == [("demo",)]

    run_qt(scenario)


def test_what_is_known_already_is_there(run_qt: Run) -> None:
    async def scenario() -> None:
        async with table(url=URL) as there:
            assert (there.view.url.value(), there.focus()) == (URL, "key")
            there.view.leave()
            assert not {URL, KEY} & set(everything_in(there.view).split())

    run_qt(scenario)


def test_with_the_real_check_a_real_project_is_found_and_a_typing_mistake_is_not(
    run_qt: Run, lite: EmbeddedServer
) -> None:
    async def scenario() -> None:
        async with table() as there:
            there.view._check = check_project
            await there.fill_in("localhost:9", lite.publishable_key)
            await there.hands.press("Check and connect")
            await there.hands.sees("Nothing answers at localhost:9.")
            await there.hands.fill("Project URL", lite.url.removeprefix("http://"))
            await there.hands.press("Check and connect")
            await until(lambda: there.signals, what="the signal")
            assert there.signals == [(lite.url, lite.publishable_key)]

    run_qt(scenario)
