"""One QApplication, and asyncio on its loop: painted first, and everything slow imported behind the paint.

qasync and asyncio together cost a quarter of a bare window's start. So the window runs on a plain Qt loop while a worker
imports them, and moves onto asyncio without anybody noticing.
"""

from __future__ import annotations

import builtins
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QBasicTimer, QEventLoop, QObject, QSocketNotifier, Signal, SignalInstance
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    import asyncio

Life = Callable[[], "Coroutine[Any, Any, int]"]


class Window(Protocol):
    """What the loop needs of the window."""

    painted: SignalInstance
    closed: SignalInstance

    def show(self) -> None: ...

    def close(self) -> bool: ...


class _Worker(QObject):
    """Says across threads that asyncio can be used."""

    ready = Signal()

    def __init__(self, warm: Sequence[Callable[[], object]]) -> None:
        super().__init__()
        self._warm = warm
        self.thread_ = threading.Thread(target=self._run, name="warm-up", daemon=True)

    def _run(self) -> None:
        import asyncio  # noqa: F401 - the point is to have it imported

        import qasync  # noqa: F401 - as above

        self.ready.emit()
        for work in self._warm:
            work()
        gc.freeze()  # what was imported stays for good: no collection needs to look at it again
        gc.enable()


def start(argv: Sequence[str]) -> QApplication:
    """The application, with the settings that every start needs."""
    sys.setswitchinterval(0.001)  # a busy worker gives the interpreter back in 1 ms, not 5
    # PySide reads the source of every module imported after it, to look for a feature that nothing here uses
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    app = QApplication(list(argv))
    app.setQuitOnLastWindowClosed(False)  # closing the window ends ``life``, and that ends the loop
    return app


def run(app: QApplication, window: Window, life: Life, warm: Sequence[Callable[[], object]]) -> int:
    """Show the window, then run ``life`` on it to its end; its result. ``warm`` are imports for the worker.

    A window that is closed before ``life`` began ends it all with 0.
    """
    first, worker, closed = QEventLoop(), _Worker(warm), []
    worker.ready.connect(first.quit)
    window.closed.connect(lambda: closed.append(True))
    window.closed.connect(first.quit)
    window.painted.connect(worker.thread_.start)
    stop_listening = _close_on_signals(window)
    window.show()
    try:
        first.exec()
        return 0 if closed else _run_on_asyncio(app, life)
    finally:
        stop_listening()
        # an interpreter that ends while a thread is importing may crash; a second is the most that anybody waits
        worker.thread_.join(0.5) if worker.thread_.ident else None


def _run_on_asyncio(app: QApplication, life: Life) -> int:
    import qasync

    from .threads import DaemonExecutor

    _quiet_timers(qasync)
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    loop.set_default_executor(DaemonExecutor())  # type: ignore[arg-type]  # the base class would join at exit
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(life())
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def _quiet_timers(qasync: Any) -> None:
    """qasync's ``killTimer(int)`` builds all of Qt's enums on its first call: 15-25 ms in which nothing moves.

    The class is private there; where it is gone, or another, its own timers serve.
    """
    if (original := getattr(qasync, "_SimpleTimer", None)) is None:
        return

    class QuietTimer(original):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self._running: dict[int, QBasicTimer] = {}

        def startTimer(self, interval: int) -> int:
            timer = QBasicTimer()
            timer.start(interval, self)
            self._running[timer.timerId()] = timer
            return timer.timerId()

        def killTimer(self, ident: int) -> None:
            if timer := self._running.pop(ident, None):
                timer.stop()

    qasync._SimpleTimer = QuietTimer


def _close_on_signals(window: Window) -> Callable[[], None]:
    """Ctrl-C and SIGTERM close the window.

    Python runs its handlers only when Python code runs, and an idle window runs none: a byte on a socket wakes it.
    """
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda *_: window.close()) for name in names]
    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: _drain(reader))

    def stop() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(old_fd)
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
        reader.close()
        writer.close()

    return stop


def _drain(reader: socket.socket) -> None:
    with suppress(BlockingIOError):
        reader.recv(64)
