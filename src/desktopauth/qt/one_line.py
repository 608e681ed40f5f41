"""Words that are cut short where there is no room, so that no address makes the window wider than it is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

_NARROWEST = 40  # pixels


class OneLine(QLabel):
    """One line of plain text; ``text()`` and a screen reader have the whole of it."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        place, middle = self.contentsRect(), Qt.AlignmentFlag.AlignVCenter
        words, role = cut(self, self.text(), place.width()), self.foregroundRole()
        with QPainter(self) as painter:
            self.style().drawItemText(painter, place, middle, self.palette(), self.isEnabled(), words, role)


def cut(widget: QWidget, words: str, width: int) -> str:
    """The words as far as they fit into ``width`` pixels of this widget."""
    widget.ensurePolished()  # else they are measured in another font
    return widget.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
