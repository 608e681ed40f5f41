"""The one quiet line over the work, whose place is kept free: nothing below moves when it comes or goes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import Health
from desktopauth.qt.concerns import RANK, Concern, concern, concern_sentence
from desktopauth.qt.widgets import button, text

_PADDING_X, _PADDING_Y, _GAP = 12, 8, 6  # pixels
_NARROW = 640  # pixels
_MOMENT = 20_000  # milliseconds that an answer to the person's own order stands there


class Banner(QWidget):
    """Says what is wrong with the session, or what has come of an order; the order's answer goes by itself.

    Signals: chosen() when the one offer that it may make was taken: keep this person signed in instead of the other.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = text()
        self.offer = button("Keep me signed in instead", "link")
        self.line = QFrame()
        self.line.setObjectName("banner")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.line)
        self._row.setContentsMargins(_PADDING_X, _PADDING_Y, _PADDING_X, _PADDING_Y)
        self._row.setSpacing(_GAP)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.offer)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.line)
        box.addStretch(1)
        self._health, self._answer, self._stays = Health(), "", False
        self._moment = QTimer(self, singleShot=True, interval=_MOMENT)
        self._moment.timeout.connect(self._pass)
        self.offer.clicked.connect(self.chosen)
        self._draw()

    def show_health(self, health: Health) -> None:
        """Say what matters most of it."""
        self._health = health
        self._draw()

    def answer(self, words: str, *, stays: bool = False) -> None:
        """Say what has come of an order, for a moment; what is under way yet ``stays``, and leaves room for trouble."""
        self._answer, self._stays = words, stays
        self._moment.start()
        self._draw()

    def forget(self) -> None:
        """Somebody else's turn."""
        self._health = Health()
        self.answer("")

    def _pass(self) -> None:
        if not self._stays:
            self._answer = ""
            self._draw()

    def _draw(self) -> None:
        about = concern(self._health) if self._stays or not self._answer else None
        self.words.setText(concern_sentence(about) if about else self._answer)
        self.offer.setVisible(about is VaultProblem.OCCUPIED)
        self.line.setVisible(bool(self.words.text()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.setFixedHeight(max(self._room(about, narrow=narrow) for about in RANK) + 2 * _PADDING_Y)

    def _room(self, about: Concern, *, narrow: bool) -> int:
        """How high the line is when it speaks of this."""
        offer = self.offer.sizeHint() if about is VaultProblem.OCCUPIED else QSize(0, 0)
        width = self.width() - 2 * _PADDING_X - (0 if narrow or offer.isEmpty() else offer.width() + _GAP)
        box = QRect(0, 0, width, 10 * self.width())
        words = self.words.fontMetrics().boundingRect(box, Qt.TextFlag.TextWordWrap, concern_sentence(about)).height()
        return words + offer.height() + _GAP if narrow and offer.height() else max(words, offer.height())
