"""One QApplication, and asyncio on its loop: painted first, and everything slow imported behind the paint.

qasync and asyncio together cost a quarter of a bare window's start. So the window runs on a plain Qt loop while a
worker imports them, and moves onto asyncio without anybody noticing.
"""

from __future__ import annotations

import builtins
import gc
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBasicTimer, QEventLoop, QObject, Signal
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    import asyncio
    from typing import Protocol

    from PySide6.QtCore import SignalInstance

    from .signals import Early

    class Window(Protocol):
        """What the loop needs of the window."""

        painted: SignalInstance
        closed: SignalInstance

        def show(self) -> None: ...

        def close(self) -> bool: ...


Life = Callable[[], "Coroutine[Any, Any, int]"]


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


def run(
    app: QApplication,
    window: Window,
    life: Life,
    warm: Sequence[Callable[[], object]],
    early: Early | None = None,
) -> int:
    """Show the window, then run ``life`` on it to its end; its result, or 128 + the signal that closed the window.

    ``warm`` are imports for the worker, ``early`` the signal that came before. A window that is closed before ``life``
    began ends it all with 0.
    """
    first, worker, ends = QEventLoop(), _Worker(warm), _Ends(window, early)
    worker.ready.connect(first.quit)
    window.closed.connect(first.quit)
    window.painted.connect(worker.thread_.start)
    window.painted.connect(ends.listen)  # not before: it imports sockets
    window.show()
    with ends.held:
        first.exec()
        status = 0 if ends.closed else _run_on_asyncio(app, lambda: ends.unless_closed(life))
    if worker.thread_.ident:
        worker.thread_.join(0.5)  # an interpreter that ends while a thread is importing may crash
    return ends.status or status


class _Ends:
    """What brought the window to its end."""

    def __init__(self, window: Window, early: Early | None) -> None:
        self._window, self._early = window, early
        self.held = ExitStack()
        self.closed, self.status = False, 0
        window.closed.connect(self._close)

    def listen(self) -> None:
        from .signals import on_signals

        self.held.enter_context(on_signals(self._hear))
        if self._early and self._early.number:
            self._hear(self._early.number)

    async def unless_closed(self, life: Life) -> int:
        """``life()``, which listens for the end by itself; but one may have come while the loops changed places."""
        return 0 if self.closed else await life()

    def _hear(self, number: int) -> None:
        self.status = 128 + number
        self._window.close()

    def _close(self) -> None:
        self.closed = True


def _run_on_asyncio(app: QApplication, life: Life) -> int:
    import qasync

    from .threads import DaemonExecutor

    _quiet_timers(qasync)
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    loop.set_default_executor(DaemonExecutor())  # the usual one would be joined at exit
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
