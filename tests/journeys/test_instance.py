"""One window per profile: whoever starts the app twice finds the window that is open already, in real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest

from desktopauth.adapters import instance
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.instance import InstanceLock
from tests.demo.children import line_of, python
from tests.journeys.processes import App, Started, started
from tests.journeys.test_ends import cache
from tests.scenario import Run, need, until

__all__ = ["cache", "started"]

URL, KEY = "https://project.test", "sb_publishable_x"
OPEN = "is open already: its window was brought to the front."

# Has the lock of an entry and hears nobody: an app that is just closing. It is gone when it is told.
LEAVING = """
import signal, sys
from pathlib import Path
from desktopauth.adapters.instance import InstanceLock
assert InstanceLock(Path(sys.argv[1]), sys.argv[2]).take()
print("closing", flush=True)
signal.pause()
"""

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


@pytest.fixture
def window(started: Started, tmp_path: Path) -> Started:
    """Start the app on a project that nobody is signed in to: ``async with window(*options) as app``."""

    def start(*options: object, **environment: str) -> AbstractAsyncContextManager[App]:
        usual = {"--url": URL, "--key": KEY, "--store": "memory", "--profile-dir": tmp_path / "profile"}
        usual |= dict(zip(options[::2], options[1::2], strict=True))  # type: ignore[arg-type]
        return started("run", *(word for pair in usual.items() if pair[1] for word in pair), **environment)

    return start


async def came_to_the_front(app: App) -> None:
    """A second start that found the first: it says so in one line, and has opened no window."""
    assert await app.ends() == 0
    assert [line.endswith(OPEN) for line in app.printed.splitlines() if "desktopauth" in line] == [True]
    assert "propagateSizeHints" not in app.printed, "what the offscreen platform says of each window"


async def closes(app: App) -> None:
    """It has a window, in which somebody can work, and which they close."""
    await app.do("sees", "Sign in")
    app.close_window()
    assert await app.ends() == 0


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


def waits(app: App) -> bool:
    """Whether it has begun to look for the first: by then it has a socket of QtNetwork's making."""
    return "libQt6Network" in Path(f"/proc/{app.pid}/maps").read_text("utf-8")


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


def test_one_has_the_lock_and_leaves_nothing_behind(tmp_path: Path) -> None:
    one, two, other = (InstanceLock(tmp_path, entry) for entry in ("example 0", "example 0", "example 1"))
    assert [one.take(), two.take(), other.take()] == [True, False, True]
    one.release()
    assert two.take()
    assert not one.take()
    two.release()
    other.release()
    assert list(tmp_path.iterdir()) == []
    assert one.problem is two.problem is None


def test_a_lock_whose_file_was_removed_while_it_was_opened_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (InstanceLock(tmp_path, "example 0") for _ in range(3))
    assert first.take()
    lock = instance._lock

    def meanwhile(file: int) -> bool:
        monkeypatch.setattr(instance, "_lock", lock)
        first.release()
        assert third.take()
        return lock(file)

    monkeypatch.setattr(instance, "_lock", meanwhile)
    assert not second.take()
    third.release()
    assert second.take()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_where_there_can_be_no_lock_the_window_opens_all_the_same(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path, "example 0")
    assert lock.take()
    (file,) = tmp_path.iterdir()
    lock.release()
    file.mkdir()
    assert lock.take()
    assert isinstance(lock.problem, OSError)
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no paths")
def test_a_folder_that_is_too_deep_for_a_socket_gets_one_elsewhere(tmp_path: Path) -> None:
    deep, flat = tmp_path / ("x" * 90), tmp_path
    addresses = [InstanceLock(folder, "example 0").address() for folder in (deep, flat, deep / "y")]
    assert all(len(address) < 104 for address in addresses)
    assert len(set(addresses)) == 3
    for address in addresses:
        parent = Path(address).parent.stat()
        assert (parent.st_uid, parent.st_mode & 0o777) == (os.getuid(), 0o700)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[str]:
    """A screen of its own."""
    told, tell = os.pipe()
    command = [need("Xvfb"), "-displayfd", str(tell), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
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
