"""What comes over the socket of the first window: a wish to come forward, or nothing that matters."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QProcessEnvironment
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from desktopauth.adapters.instance import InstanceLock
from desktopauth.qt import instance
from desktopauth.qt.instance import Door, activation_token, come_forward, raise_first
from tests.scenario import Run, settled, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks to the socket of Unix by hand")


class Hall:
    """A door that listens, and what it has heard."""

    def __init__(self, folder: Path) -> None:
        self.lock = InstanceLock(folder, "example 0123456789ab")
        assert self.lock.take()
        self.address = self.lock.address()
        self.heard: list[str] = []
        self.door = Door(self.address)
        self.door.knocked.connect(self.heard.append)
        self.door.open()

    def guest(self, said: bytes = b"") -> socket.socket:
        met = socket.socket(socket.AF_UNIX)
        met.connect(self.address)
        met.setblocking(False)
        met.sendall(said)
        return met


def answer(guest: socket.socket) -> bytes | None:
    """What the door has said; empty when it hung up, None while it still listens."""
    try:
        return guest.recv(64)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


async def says(guest: socket.socket, words: bytes) -> None:
    await until(lambda: answer(guest) == words, what=f"the door says {words!r}")


@pytest.fixture
def hall(tmp_path: Path, qapp: QApplication) -> Iterator[Hall]:
    made = Hall(tmp_path)
    yield made
    made.door.close()
    made.lock.release()


@pytest.mark.parametrize(("said", "token"), [(b"raise\n", ""), (b"raise wm/app/7-1_TIME99\n", "wm/app/7-1_TIME99")])
def test_who_asks_for_the_window_is_heard_and_answered(hall: Hall, run_qt: Run, said: bytes, token: str) -> None:
    async def scenario() -> None:
        for end in (1, len(said) - 1):  # however it comes
            with hall.guest(said[:end]) as guest:
                await settled()
                guest.sendall(said[end:])
                await says(guest, b"raised\n")
                await says(guest, b"")
        assert hall.heard == [token, token]

    run_qt(scenario)


@pytest.mark.parametrize(
    "said",
    [
        b"quit\n",
        b"raise",  # and hangs up
        b"RAISE\n",
        b"raise \n",
        b"raise a b\n",
        b"raise \x1b[2J\n",
        b"raise \xc3\xa9\n",
        b"raise " + b"x" * 513 + b"\n",
        b"raise\nraise\n",
        b"\nraise\n",
        b"x" * 4096,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0" * 100_000,
    ],
)
def test_whatever_else_is_said_is_not_heard_and_ends_the_conversation(hall: Hall, run_qt: Run, said: bytes) -> None:
    async def scenario() -> None:
        with hall.guest() as guest:
            with suppress(BlockingIOError):  # it takes no more of it
                guest.sendall(said)
            if b"\n" not in said and len(said) < 520:
                guest.shutdown(socket.SHUT_WR)
            await says(guest, b"")
        with hall.guest(b"raise next\n"):
            await until(lambda: hall.heard)
        assert hall.heard == ["next"]

    run_qt(scenario)


def test_the_silent_and_the_slow_disturb_nobody_and_are_sent_away(
    hall: Hall, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "_SILENCE", 50)

    async def scenario() -> None:
        quiet = [hall.guest(said) for said in (b"", b"r", b"raise")]
        with hall.guest(b"raise now\n"):
            await until(lambda: hall.heard == ["now"])
        for guest in quiet:
            await says(guest, b"")
            guest.close()
        assert hall.heard == ["now"]

    run_qt(scenario)


def test_a_crowd_of_silent_guests_keeps_nobody_out(hall: Hall, run_qt: Run) -> None:
    async def scenario() -> None:
        crowd = [hall.guest() for _ in range(40)]
        with hall.guest(b"raise now\n"):
            await until(lambda: hall.heard == ["now"])
        assert sum(answer(guest) is None for guest in crowd) < 8
        for guest in crowd:
            guest.close()

    run_qt(scenario)


def test_only_this_user_can_reach_the_socket_and_it_goes_with_the_door(hall: Hall) -> None:
    path = Path(hall.address)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    hall.door.close()
    assert not path.exists()


def test_what_a_killed_one_left_is_taken_over(hall: Hall, run_qt: Run) -> None:
    """Nobody listens at a socket that was only left there, and whatever else lies in its place gives way too."""
    hall.door.close()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(hall.address)
    hall.door.open()
    hall.door.close()
    Path(hall.address).write_text("")
    hall.door.open()

    async def scenario() -> None:
        with hall.guest(b"raise now\n"):
            await until(lambda: hall.heard == ["now"])

    run_qt(scenario)


def test_where_it_cannot_listen_it_says_so(hall: Hall) -> None:
    hall.door.close()
    Path(hall.address).mkdir()
    with pytest.raises(OSError, match=r"."):
        hall.door.open()


def test_who_finds_nobody_tries_to_be_the_first_until_that_works(qapp: QApplication, tmp_path: Path) -> None:
    tries = iter([False, False, True])
    assert not raise_first(str(tmp_path / "nobody"), "", lambda: next(tries), lambda: False)
    assert list(tries) == []


def test_who_is_told_to_stop_neither_raises_nor_waits(qapp: QApplication, tmp_path: Path) -> None:
    assert not raise_first(str(tmp_path / "nobody"), "", lambda: pytest.fail("it tried"), lambda: True)


def test_who_finds_neither_an_answer_nor_an_end_says_so(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "_PATIENCE", 0.3)
    deaf = tmp_path / "deaf"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(deaf))
        listening.listen()
        for address in (deaf, tmp_path / "nobody"):
            with pytest.raises(TimeoutError, match="does not answer"):
                raise_first(str(address), "", lambda: False, lambda: False)


@pytest.mark.qt_log_ignore("does not support raise")  # says the platform that has no screen
def test_a_window_that_was_put_away_comes_back_as_it_was(qapp: QApplication) -> None:
    window = QWidget()
    window.showMaximized()
    window.showMinimized()
    come_forward(window, "")
    assert not window.isMinimized()
    assert window.isMaximized()
    assert window.isVisible()
    window.close()


@pytest.mark.qt_log_ignore("does not support raise")
def test_on_wayland_qt_finds_the_token_where_it_looks_for_it(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_this_process() -> str:
        return QProcessEnvironment.systemEnvironment().value("XDG_ACTIVATION_TOKEN")

    window = QWidget()
    come_forward(window, "a-token")
    assert of_this_process() == "", "elsewhere nobody would take it out again"
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")
    come_forward(window, "")
    assert of_this_process() == ""
    come_forward(window, "a-token")
    assert of_this_process() == "a-token"
    os.unsetenv("XDG_ACTIVATION_TOKEN")
    window.close()


def test_the_desktops_token_is_found_by_either_of_its_names() -> None:
    assert activation_token({}) == ""
    assert activation_token({"XDG_ACTIVATION_TOKEN": "", "DESKTOP_STARTUP_ID": "x11"}) == "x11"
    assert activation_token({"XDG_ACTIVATION_TOKEN": "wayland", "DESKTOP_STARTUP_ID": "x11"}) == "wayland"
