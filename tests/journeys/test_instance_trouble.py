"""A first window that hangs, or that is just closing, when the app is started again."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from desktopauth.adapters.entry import entry_name
from tests.demo.children import line_of, python
from tests.journeys.processes import App, Started, started
from tests.journeys.windows import KEY, URL, came_to_the_front, closes, window
from tests.scenario import Run, until

__all__ = ["started", "window"]

# Has the lock of an entry and hears nobody: an app that is just closing. It is gone when it is told.
LEAVING = """
import signal, sys
from pathlib import Path
from desktopauth.adapters.instance import InstanceLock
assert InstanceLock(Path(sys.argv[1]), sys.argv[2]).take()
print("closing", flush=True)
signal.pause()
"""

# The app with no terminal, whose sentences come in a window; somebody reads them and closes it.
WINDOWED = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from desktopauth import cli
from desktopauth.adapters import entry
from desktopauth.qt import notice

def made(sentence, make=notice.notice):
    print("in a window:", sentence, flush=True)
    window = make(sentence)
    QTimer.singleShot(0, window.close)
    return window

entry._account_home = lambda: Path(sys.argv[1])
notice.notice = made
sys.exit(cli.windowed(sys.argv[2:]))
"""


def waits(app: App) -> bool:
    """Whether it has begun to look for the first: by then it has a socket of QtNetwork's making."""
    return "libQt6Network" in Path(f"/proc/{app.pid}/maps").read_text("utf-8")


def test_a_window_that_hangs_holds_up_nobody_for_ever(window: Started, run: Run) -> None:
    async def scenario() -> None:
        async with window() as first:
            await first.do("sees", "Sign in")
            first.process.send_signal(signal.SIGSTOP)
            async with window() as second:
                assert await second.ends() == 1
                assert "its window is open already, but does not answer." in second.printed
                assert len([line for line in second.printed.splitlines() if "desktopauth" in line]) == 1
            first.process.send_signal(signal.SIGCONT)
            async with window() as third:
                await came_to_the_front(third)
            await closes(first)

    run(scenario, deadline=60)


def test_without_a_terminal_it_is_told_in_a_window_that_the_first_hangs(
    window: Started, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        async with window() as first:
            await first.do("sees", "Sign in")
            first.process.send_signal(signal.SIGSTOP)
            where = ("--url", URL, "--key", KEY, "--store", "memory", "--profile-dir", tmp_path / "profile")
            async with python(WINDOWED, tmp_path / "home", *where) as second:
                assert "in a window: desktopauth can't work here: its window is open" in await line_of(second)
                assert await asyncio.wait_for(second.wait(), 15) == 1
            first.process.send_signal(signal.SIGCONT)
            await closes(first)

    run(scenario, deadline=60)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_waits_for_a_window_that_hangs_can_be_stopped(
    window: Started, number: signal.Signals, status: int, run: Run
) -> None:
    async def scenario() -> None:
        async with window() as first:
            await first.do("sees", "Sign in")
            first.process.send_signal(signal.SIGSTOP)
            async with window() as second:
                await until(lambda: waits(second), what="a start that waits")
                second.process.send_signal(number)
                assert await second.ends() == status
                assert second.printed == ""
            first.process.send_signal(signal.SIGCONT)
            await closes(first)

    run(scenario, deadline=60)


def test_who_comes_while_the_first_is_closing_opens_a_window_after_it(
    window: Started, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        profile = tmp_path / "profile"
        async with window() as before:  # which gives the profile its id
            await closes(before)
        entry = entry_name("desktopauth", f"{URL}/auth/v1", (profile / "profile-id").read_text("ascii"))
        async with python(LEAVING, tmp_path / "home" / "desktopauth", entry) as leaving:
            assert await line_of(leaving) == "closing"
            async with window() as second:
                await until(lambda: waits(second), what="a start that waits")
                leaving.terminate()
                await closes(second)

    run(scenario, deadline=60)
