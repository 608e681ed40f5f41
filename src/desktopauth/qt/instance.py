"""One window per profile: a second start asks the first to come forward, over a local socket.

Who is first is decided elsewhere, by a lock; here is only how the two speak. The second says ``raise`` and the
activation token that the desktop gave it, the first answers ``raised``; whatever else is said ends the conversation.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

_LONGEST = 520  # bytes of a message, which is one line
_MESSAGE = re.compile(rb"raise(?: ([!-~]{1,512}))?\n")
_ANSWER = b"raised\n"
_GUESTS = 8  # at a time; the oldest gives way
_SILENCE = 2_000  # milliseconds that a guest has for its message
_PATIENCE = 6.0  # seconds that a second start waits for an answer, or for the first to be gone
_CLOCK = 100  # milliseconds in which an X server tells the time
_LOOK = 0.1  # seconds between two looks


class Door(QObject):
    """Where the first start hears of others.

    Signals: knocked(token) for each start that wants the window to come forward; the token may be empty.
    """

    knocked = Signal(str)

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._server = QLocalServer(self)
        if sys.platform == "win32":  # on Linux, a second one could take the socket away with this
            self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)
        self._guests: list[_Guest] = []

    def open(self) -> None:
        """Begin to listen, which only the holder of the lock may. Raises OSError."""
        QLocalServer.removeServer(self._address)  # left there by one that was killed
        if not self._server.listen(self._address):
            raise OSError(self._server.errorString())
        if sys.platform != "win32":
            Path(self._address).chmod(0o600)

    def close(self) -> None:
        """Hear nobody any more: who knocks now finds nobody, and waits to be the first."""
        self._server.close()
        while self._guests:
            self._guests[0].leave()

    def _meet(self) -> None:
        while self._server.hasPendingConnections():
            socket = self._server.nextPendingConnection()
            self._guests.append(_Guest(socket, self.knocked.emit, self._guests.remove))
            if len(self._guests) > _GUESTS:
                self._guests[0].leave()


class _Guest:
    """One that knocked: it has one short line to say, and not long for it."""

    def __init__(self, socket: QLocalSocket, wants: Callable[[str], None], gone: Callable[[_Guest], None]) -> None:
        self._socket, self._wants, self._gone = socket, wants, gone
        self._said = b""
        self._here, self._heard = True, False
        socket.setReadBufferSize(_LONGEST + 1)
        socket.readyRead.connect(self._hear)
        socket.disconnected.connect(self.leave)
        QTimer.singleShot(_SILENCE, socket, self.leave)  # with the socket goes the timer

    def leave(self) -> None:
        if self._here:
            self._here = False
            self._gone(self)
            self._socket.abort()
            self._socket.deleteLater()

    def _hear(self) -> None:
        if self._heard or not self._here:
            return
        self._said += self._socket.readAll().data()
        if message := _MESSAGE.fullmatch(self._said):
            self._heard = True
            self._wants((message[1] or b"").decode("ascii"))
            self._socket.write(_ANSWER)
            self._socket.disconnectFromServer()  # when that is written
        elif b"\n" in self._said or len(self._said) > _LONGEST:
            self.leave()


def come_forward(window: QWidget, token: str) -> None:
    """Show the window before all others.

    Wayland allows that only with the token of who asked for it. X11 only if our clock is not behind other windows', and
    Qt's stands still while nobody touches ours: asking once brings it up to date, and the second time counts.
    """
    if window.isMinimized():
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    platform = QGuiApplication.platformName()
    if token and platform.startswith("wayland"):
        os.putenv("XDG_ACTIVATION_TOKEN", token)  # Qt's, which takes it out again
    window.show()
    window.raise_()
    window.activateWindow()
    if platform == "xcb":
        QTimer.singleShot(_CLOCK, window, window.activateWindow)


def activation_token(environ: Mapping[str, str]) -> str:
    """What the desktop gave this start to show that a person asked for it; empty if nothing."""
    return environ.get("XDG_ACTIVATION_TOKEN") or environ.get("DESKTOP_STARTUP_ID") or ""


def raise_first(address: str, token: str, free: Callable[[], bool], stop: Callable[[], object]) -> bool:
    """Have the first start come forward; False if it has gone meanwhile, or ``stop`` says so.

    ``free`` tries to be the first. Raises TimeoutError if the first neither answers nor goes.
    """
    deadline = time.monotonic() + _PATIENCE
    while not stop():
        if _answered(address, token, lambda: stop() or time.monotonic() > deadline):
            return True
        if free():
            return False
        if time.monotonic() > deadline:
            raise TimeoutError("its window is open already, but does not answer. Close it or end it, then start again")
        time.sleep(_LOOK)  # it has only just begun, or is about to end
    return False


def _answered(address: str, token: str, give_up: Callable[[], object]) -> bool:
    wait = round(_LOOK * 1000)
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(wait):
        return False
    _let_others_come_forward()
    said = b"raise %b\n" % os.fsencode(token)
    socket.write(said if _MESSAGE.fullmatch(said) else b"raise\n")
    heard = b""
    while heard != _ANSWER and _ANSWER.startswith(heard) and not give_up():
        if not socket.waitForReadyRead(wait) and socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
            break
        heard += socket.readAll().data()
    socket.abort()
    return heard == _ANSWER


def _let_others_come_forward() -> None:
    if sys.platform == "win32":  # only who was just started may say so, and Qt does not
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)
