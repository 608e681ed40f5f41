"""Counts the seconds to a moment on the wall clock; nothing ticks once it has come."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, QTimer, Signal

_LOOK = 500  # milliseconds between two looks


class Countdown(QTimer):
    """Signals: ticked(left) at once and with every look, in whole seconds that are never too few; 0 is the last."""

    ticked = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._moment = 0.0
        self.setInterval(_LOOK)
        self.timeout.connect(self._look)

    def until(self, moment: float) -> None:
        """Begin anew; ``moment`` is in seconds since the epoch."""
        self._moment = moment
        self.start()
        self._look()

    def left(self) -> int:
        """In seconds."""
        return max(0, math.ceil(self._moment - time.time()))

    def _look(self) -> None:
        left = self.left()
        if not left:
            self.stop()
        self.ticked.emit(left)
