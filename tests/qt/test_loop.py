"""The loop: closed at whatever moment, it ends once and tidily; nothing that is stuck holds it up."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktopauth.app import Opening, PrepareError, Project, Tell, _life
from desktopauth.qt import loop as loop_module
from desktopauth.qt.commands import Commands
from desktopauth.qt.hands import Hands
from desktopauth.qt.shell import Shell
from tests.scenario import settled

Life = Callable[[], Any]


@pytest.fixture(autouse=True)
def timers_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the loop puts into qasync is taken out again."""
    monkeypatch.setattr(qasync, "_SimpleTimer", qasync._SimpleTimer)


@pytest.fixture
def shell(qapp: QApplication) -> Iterator[Shell]:
    qapp.setQuitOnLastWindowClosed(False)  # as start() does
    made = Shell("Example", Commands(), expects_somebody=True)
    yield made
    made.close()
    made.deleteLater()
    qapp.setQuitOnLastWindowClosed(True)


async def never() -> int:
    pytest.fail("it began after the end")


def run(qapp: QApplication, shell: Shell, life: Life) -> int:
    return loop_module.run(qapp, shell, life, [])


def test_the_result_of_its_life_is_the_result_of_the_run(qapp: QApplication, shell: Shell) -> None:
    async def life() -> int:
        await asyncio.sleep(0.01)
        return 7

    assert run(qapp, shell, life) == 7


def test_a_window_closed_before_its_first_paint_ends_it_before_anything_began(qapp: QApplication, shell: Shell) -> None:
    QTimer.singleShot(0, shell.close)
    assert run(qapp, shell, never) == 0


def test_a_window_closed_at_its_first_paint_ends_it_before_anything_began(qapp: QApplication, shell: Shell) -> None:
    shell.painted.connect(shell.close)
    assert run(qapp, shell, never) == 0


def test_a_window_closed_between_the_two_loops_is_not_left_running_unseen(
    qapp: QApplication, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def life() -> int:
        closed = asyncio.Event()
        shell.closed.connect(closed.set)
        await asyncio.wait_for(closed.wait(), 5)
        return 1

    monkeypatch.setattr(loop_module, "_quiet_timers", lambda _: shell.close())
    assert run(qapp, shell, life) == 0


def opening(prepare: Callable[[Tell], Any], report: Tell = lambda _: None) -> Opening:
    return Opening(title="Example", expects_somebody=True, prepare=prepare, report=report, folder=Path("nowhere"))


def test_a_window_closed_while_something_is_prepared_takes_that_back(qapp: QApplication, shell: Shell) -> None:
    journal: list[str] = []

    @asynccontextmanager
    async def prepare(tell: Tell) -> AsyncIterator[Project]:
        journal.append("began")
        tell("Preparing...")
        QTimer.singleShot(0, shell.close)
        try:
            await asyncio.Event().wait()
            yield SimpleNamespace()  # type: ignore[misc]
        finally:
            await settled()
            journal.append("tidied")

    assert run(qapp, shell, lambda: _life(opening(prepare), shell)) == 0
    assert journal == ["began", "tidied"]


def test_a_project_that_cannot_be_made_is_explained_and_fails(qapp: QApplication, shell: Shell) -> None:
    reported, seen = list[str](), list[str]()

    @asynccontextmanager
    async def prepare(tell: Tell) -> AsyncIterator[Project]:
        raise PrepareError("The demo can't run here.")
        yield

    async def life() -> int:
        async def look() -> None:
            seen.append(await Hands(shell).sees("can't run here"))
            shell.close()

        looking = asyncio.ensure_future(look())
        status = await _life(opening(prepare, reported.append), shell)
        await looking
        return status

    assert run(qapp, shell, life) == 1
    assert reported == seen == ["The demo can't run here."]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_is_told_by_the_exit_status(
    qapp: QApplication, shell: Shell, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    async def life() -> int:
        closed = asyncio.Event()
        shell.closed.connect(closed.set)
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
        await closed.wait()
        return 0

    assert run(qapp, shell, life) == 128 + number
    assert signal.getsignal(number) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_stuck_call_does_not_hold_up_the_end(qapp: QApplication, shell: Shell) -> None:
    stuck = threading.Event()

    async def life() -> int:
        asyncio.get_running_loop().run_in_executor(None, stuck.wait, 30)
        return 3

    assert run(qapp, shell, life) == 3
    assert not stuck.is_set()
    stuck.set()


def test_quiet_timers_fire_once_and_not_when_cancelled(qapp: QApplication, shell: Shell) -> None:
    fired: list[int] = []

    async def life() -> int:
        loop = asyncio.get_running_loop()
        for number in range(20):
            handle = loop.call_later(0.001 * number, fired.append, number)
            if number % 2:
                handle.cancel()
        await asyncio.sleep(0.05)
        return 0

    run(qapp, shell, life)
    assert sorted(fired) == list(range(0, 20, 2))


def test_the_private_names_of_qasync_that_quiet_timers_take_are_there() -> None:
    loop_module._quiet_timers(qasync)
    quiet = qasync._SimpleTimer
    original = quiet.__mro__[1]
    assert {"timerEvent", "add_callback", "stop"} <= vars(original).keys()
    assert {"startTimer", "killTimer"} <= vars(quiet).keys()


def test_a_qasync_without_those_names_is_left_as_it_is() -> None:
    other = SimpleNamespace(QEventLoop=1)
    loop_module._quiet_timers(other)
    assert vars(other) == {"QEventLoop": 1}
