"""One window per profile: whoever starts the app twice finds the window that is open already, in real processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.demo.children import line_of, python
from tests.journeys.processes import Started, started
from tests.journeys.test_ends import cache
from tests.journeys.windows import KEY, OPEN, URL, came_to_the_front, closes, window
from tests.scenario import Run, need, until

__all__ = ["cache", "started", "window"]

# A window of somebody else, which says whenever it comes to the front or goes from there.
RIVAL = """
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("Somebody else's window")
label.setWindowTitle("rival")
app.applicationStateChanged.connect(lambda state: print(Qt.ApplicationState(state).name, flush=True))
label.show()
label.activateWindow()
app.exec()
"""


def test_a_second_start_finds_the_window_that_is_open_and_ends(window: Started, run: Run) -> None:
    async def scenario() -> None:
        async with window() as first:
            await first.do("sees", "Sign in")
            for _ in range(2):
                async with window() as second:
                    await came_to_the_front(second)
            await closes(first)
        async with window() as next_day:
            await closes(next_day)

    run(scenario, deadline=60)


def test_a_second_demo_on_the_same_profile_finds_the_first(
    started: Started, cache: Path, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        where = ("demo", "--profile-dir", tmp_path / "profile", "--store", "memory")
        async with started(*where, XDG_CACHE_HOME=str(cache)) as first:
            await first.do("sees", "Welcome")
            async with started(*where, XDG_CACHE_HOME=str(cache)) as second:
                await came_to_the_front(second)
            await closes(first)

    run(scenario, deadline=60)


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (("--profile-dir", "another"), {}),
        (("--profile-dir", ""), {}),
        (("--url", "https://another.test"), {}),
        ((), {"DESKTOPAUTH_APP_ID": "another"}),
    ],
    ids=["profiles", "usual profile", "projects", "apps"],
)
def test_each_profile_project_and_app_has_a_window_of_its_own(
    window: Started, options: tuple[str, ...], environment: dict[str, str], tmp_path: Path, run: Run
) -> None:
    where = [tmp_path / word if word == "another" else word for word in options]

    async def scenario() -> None:
        async with window() as one, window(*where, **environment) as two:
            for app in (one, two):
                await app.do("sees", "Sign in")
            await closes(one)
            await closes(two)

    run(scenario, deadline=60)


def test_temporary_profiles_never_meet(started: Started, run: Run) -> None:
    async def scenario() -> None:
        where = ("--url", URL, "--key", KEY, "--store", "memory", "--temp-profile")
        async with started(*where) as one, started(*where) as two:
            for app in (one, two):
                await app.do("sees", "Sign in")
            await closes(one)
            await closes(two)

    run(scenario, deadline=60)


def test_of_starts_at_the_same_moment_one_has_a_window(window: Started, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            apps = [await stack.enter_async_context(window()) for _ in range(4)]
            await until(lambda: sum(OPEN in app.printed for app in apps) == 3, deadline=30, what="three that ended")
            (first,) = (app for app in apps if OPEN not in app.printed)
            for app in apps:
                if app is not first:
                    await came_to_the_front(app)
            await closes(first)

    run(scenario, deadline=60)


def test_what_a_killed_window_left_keeps_nobody_out(window: Started, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        for _ in range(2):
            async with window() as killed:
                await killed.do("sees", "Sign in")
                async with window() as second:
                    await came_to_the_front(second)
                killed.process.kill()
                await killed.process.wait()
        assert ".window" in left()
        async with window() as app:
            await app.do("sees", "Sign in")
            async with window() as second:
                await came_to_the_front(second)
            await closes(app)
        assert left() == []

    def left() -> list[str]:
        home = tmp_path / "home" / "desktopauth"
        return sorted(path.suffix for path in home.iterdir() if path.suffix in (".window", ".sock"))

    run(scenario, deadline=90)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[str]:
    """A screen of its own; its keys do not repeat, or a busy machine would hold one down for too long."""
    told, tell = os.pipe()
    command = [need("Xvfb"), "-displayfd", str(tell), "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-r"]
    with subprocess.Popen(command, pass_fds=[tell], stderr=subprocess.DEVNULL) as server:
        os.close(tell)
        with os.fdopen(told) as number:
            display = f":{number.readline().strip()}"
        try:
            yield display
        finally:
            server.terminate()


def test_on_a_real_screen_the_window_comes_before_somebody_elses(window: Started, screen: str, run: Run) -> None:
    look = need("xdotool")

    async def in_front() -> str:
        asked = await asyncio.create_subprocess_exec(
            *(look, "getwindowfocus", "getwindowname"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"DISPLAY": screen},
        )
        return (await asked.communicate())[0].decode().strip()

    async def comes(title: str) -> None:
        async with asyncio.timeout(15):
            while await in_front() != title:
                await asyncio.sleep(0.05)

    async def scenario() -> None:
        where = {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        async with window(**where) as first:
            await first.do("sees", "Sign in")
            async with python(RIVAL, **where) as rival:
                await comes("rival")
                assert await line_of(rival) == "ApplicationActive"
                async with window(DESKTOP_STARTUP_ID="panel/desktopauth/1-0-x_TIME1", **where) as second:
                    await came_to_the_front(second)
                await comes("desktopauth")
                assert await line_of(rival) == "ApplicationInactive"
            await closes(first)

    run(scenario, deadline=60)
