"""Ctrl-C and SIGTERM close the window, as a person would."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from PySide6.QtCore import QSocketNotifier


@contextmanager
def on_signals(heard: Callable[[int], None]) -> Iterator[None]:
    """Call ``heard`` with the number of each signal that asks for an end.

    Python runs its handlers only when Python code runs, and an idle window runs none: a byte on a socket wakes it.
    """
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda number, _frame: heard(number)) for name in names]
    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: _drain(reader))
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(old_fd)
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
        reader.close()
        writer.close()


def _drain(reader: socket.socket) -> None:
    with suppress(BlockingIOError):
        reader.recv(64)
