"""The button that sends a form: it says when that is under way, and counts down while the server would not listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

if TYPE_CHECKING:  # nothing counts before the first paint
    from desktopauth.qt.countdown import Countdown


class SubmitButton(QPushButton):
    """Disabled is the whole gate: whoever sends by Enter asks ``isEnabled()`` first.

    Signals: ready() when a countdown is over.
    """

    ready = Signal()

    def __init__(self, verb: str, busy_verb: str) -> None:
        super().__init__(verb)
        self._verb, self._busy_verb = verb, busy_verb
        self._busy = False
        self._countdown: Countdown | None = None
        self.setObjectName("primary")
        self.setAutoDefault(True)

    def show_step(self, *, busy: bool, retry_at: float = 0.0) -> None:
        """``retry_at`` in seconds since the epoch; 0 for no wait."""
        self._busy = busy
        if retry_at and not busy:
            self._counting().until(retry_at)
        else:
            self.rest()
            self._draw(0)

    def counts(self) -> bool:
        """Whether it is being waited for."""
        return self._countdown is not None and self._countdown.isActive()

    def rest(self) -> None:
        """Count no more."""
        if self._countdown:
            self._countdown.stop()

    def _counting(self) -> Countdown:
        if not self._countdown:
            from desktopauth.qt.countdown import Countdown

            self._countdown = Countdown(self)
            self._countdown.ticked.connect(self._ticked)
        return self._countdown

    def _ticked(self, left: int) -> None:
        self._draw(left)
        if not left:
            self.ready.emit()

    def _draw(self, left: int) -> None:
        self.setEnabled(not self._busy and not left)
        self.setText(f"Try again in {left} s" if left else self._busy_verb if self._busy else self._verb)
