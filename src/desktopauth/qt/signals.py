"""Ctrl-C and SIGTERM close the window, as a person would; ones that come before there is a window wait for it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # nothing of Qt or of sockets is imported before the first signal may come
    import socket

_NAMES = (signal.SIGINT, signal.SIGTERM)


class Early:
    """A signal that came too early, noted: Python's own way, an exception wherever it is, would break an import."""

    def __init__(self) -> None:
        self.number = 0

    def note(self, number: int, _frame: object) -> None:
        self.number = number


@contextmanager
def early_signals() -> Iterator[Early]:
    """Note signals instead of raising, until ``on_signals`` listens, and after that again."""
    early = Early()
    with _handled(early.note):
        yield early


@contextmanager
def on_signals(heard: Callable[[int], None]) -> Iterator[None]:
    """Call ``heard`` with the number of each signal that asks for an end.

    Python runs its handlers only when Python code runs, and an idle window runs none: a byte on a socket wakes it.
    """
    import socket

    from PySide6.QtCore import QSocketNotifier

    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    with _handled(lambda number, _frame: heard(number)):
        old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
        notifier.activated.connect(lambda: _drain(reader))
        try:
            yield
        finally:
            notifier.setEnabled(False)
            signal.set_wakeup_fd(old_fd)
    reader.close()
    writer.close()


@contextmanager
def _handled(handler: Callable[[int, object], None]) -> Iterator[None]:
    before = [signal.signal(name, handler) for name in _NAMES]
    try:
        yield
    finally:
        for name, old in zip(_NAMES, before, strict=True):
            signal.signal(name, old)


def _drain(reader: socket.socket) -> None:
    with suppress(BlockingIOError):
        reader.recv(64)
