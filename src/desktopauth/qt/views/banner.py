"""The one quiet line over the work, whose place is kept free: nothing below moves when it comes or goes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import Health
from desktopauth.qt.concerns import RANK, concern, concern_sentence
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
        self.line = QFrame(self)
        self.line.setObjectName("banner")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.line)
        self._row.setContentsMargins(_PADDING_X, _PADDING_Y, _PADDING_X, _PADDING_Y)
        self._row.setSpacing(_GAP)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.offer)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
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
        self._place()

    def _place(self) -> None:
        under = QBoxLayout.Direction.TopToBottom if self.width() < _NARROW else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(under)
        offers = self.offer.isVisibleTo(self.line)
        self.line.setGeometry(0, 0, self.width(), self._room(self.words.text(), self.width(), offers=offers))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(_NARROW, self.heightForWidth(_NARROW))

    def heightForWidth(self, width: int) -> int:
        """As high as the line can ever become."""
        offering = VaultProblem.OCCUPIED
        return max(self._room(concern_sentence(about), width, offers=about is offering) for about in RANK)

    def _room(self, words: str, width: int, *, offers: bool) -> int:
        """How high the line is with these words, the offer beside them or in a narrow window under them."""
        self.words.ensurePolished()
        offer, under = self.offer.sizeHint() if offers else QSize(0, 0), width < _NARROW
        inner = width - 2 * _PADDING_X - (offer.width() + _GAP if offers and not under else 0)
        box = QRect(0, 0, inner, 10 * _NARROW)
        high = self.words.fontMetrics().boundingRect(box, Qt.TextFlag.TextWordWrap, words).height()
        return 2 * _PADDING_Y + (high + offer.height() + _GAP if offers and under else max(high, offer.height()))
