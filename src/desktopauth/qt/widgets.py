"""The few parts that all views are made of: plain text, a labelled field with its own problem line, a card.

No class here touches Qt's enum namespace before the first paint (see style.py); text from outside is always plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from desktopauth.core.models import Project
    from desktopauth.core.state import AuthState

_PLAIN_TEXT = 0  # Qt.TextFormat.PlainText, without building Qt's enums for it
_NO_FOCUS = 0  # Qt.FocusPolicy.NoFocus, likewise
_ALWAYS_OFF = 1  # Qt.ScrollBarPolicy.ScrollBarAlwaysOff
_CARD_WIDTH = 400
_NARROW = 440  # pixels of a view, below which a card keeps less space around its words
_EDGE = 10  # pixels between a card and the window


def text(words: str = "", name: str = "", *, wrap: bool = True) -> QLabel:
    """A label that shows its words as they are: a name from outside is never read as markup."""
    label = QLabel()
    label.setProperty("textFormat", _PLAIN_TEXT)
    label.setText(words)
    label.setWordWrap(wrap)
    label.setObjectName(name)
    return label


def button(words: str, name: str = "") -> QPushButton:
    """A push button; ``primary`` and ``link`` are names that the style sheet knows."""
    made = QPushButton(words)
    made.setObjectName(name)
    made.setAutoDefault(True)  # Enter presses the button that has the focus
    return made


def plainly(words: str) -> str:
    """Words for a button: one ``&`` alone would make a shortcut."""
    return words.replace("&", "&&")


def say(label: QLabel, words: str) -> None:
    """Show words, or nothing at all."""
    label.setText(words)
    label.setVisible(bool(words))


def wipe(edit: QLineEdit) -> None:
    """Empty it, and what Undo could bring back."""
    edit.setText("")  # clear() would be one more step to undo


class Field(QWidget):
    """A labelled line with its problem underneath.

    Signals: submitted() when Enter was pressed in it.
    """

    submitted = Signal()

    def __init__(self, label: str, name: str, *, secret: bool = False) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.setObjectName(name)
        self.edit.returnPressed.connect(self.submitted)
        self._caption = text(label, wrap=False)
        self._caption.setBuddy(self.edit)  # which also names the field for a screen reader
        self._problem = text(name="problem")
        self._row = QHBoxLayout()
        self._row.addWidget(self.edit, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self._caption)
        box.addLayout(self._row)
        box.addWidget(self._problem)
        self.show_problem("")
        if secret:
            self._hide_text()

    def _hide_text(self) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = button("Show", "link")
        self._eye.setCheckable(True)
        self._eye.setAccessibleName("Show password")
        self._eye.toggled.connect(self._reveal)
        self._row.addWidget(self._eye)

    def _reveal(self, shown: bool) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self._eye.setText("Hide" if shown else "Show")

    def name(self, label: str) -> None:
        """Call it something else."""
        self._caption.setText(label)

    def value(self) -> str:
        return self.edit.text()

    def wipe(self) -> None:
        wipe(self.edit)
        if self.edit.echoMode() != QLineEdit.EchoMode.Password and hasattr(self, "_eye"):
            self._eye.setChecked(False)

    def show_problem(self, words: str) -> None:
        """Say what is wrong with this field, where the person is looking; a screen reader finds it on the field."""
        say(self._problem, words)
        self.edit.setAccessibleDescription(words)

    def focus(self) -> None:
        self.edit.setFocus()
        self.edit.selectAll()


class Links(QWidget):
    """Two small buttons beside each other, one under the other where there is no room for that."""

    def __init__(self, left: QPushButton, right: QPushButton) -> None:
        super().__init__()
        self.setObjectName("links")
        self._both = (left, right)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        for each in self._both:
            self._row.addWidget(each)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Look at their words again."""
        needed = sum(each.sizeHint().width() for each in self._both if not each.isHidden())
        row, column = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._row.setDirection(row if needed <= self.width() else column)

    def minimumSizeHint(self) -> QSize:
        """As wide as the wider one: beside each other is a luxury."""
        hint = super().minimumSizeHint()
        return QSize(max(each.minimumSizeHint().width() for each in self._both), hint.height())


class View(QWidget):
    """What the shell can show: it draws a state, and is told when it comes up and when it goes."""

    def show_state(self, state: AuthState) -> None:
        """Draw this state; called again for each step while the view is up."""

    def enter(self) -> None:
        """The view comes up: put the focus where the person goes on."""

    def leave(self) -> None:
        """The view goes: stop what moves, forget what is secret."""

    def offer(self, project: Project, last: str, /) -> None:
        """What the project offers is known; ``last`` is the door that was used before (see ``Shell.offer``)."""

    def cover(self) -> None:
        """The person's work goes out of sight and out of reach, and stays as it is."""

    def uncover(self) -> None:
        """They are back: go on where they were."""
        self.enter()


class Card(View):
    """A card in the middle of the window, scrolled where that is too small for it; ``box`` is its column.

    With a ``stature``, in pixels, its top stands where a card as high as that would be in the middle: what comes later
    grows below, and nothing moves.
    """

    stature = 0

    def __init__(self) -> None:
        super().__init__()
        card = QFrame()
        card.setObjectName("card")
        card.setMaximumWidth(_CARD_WIDTH)
        self.box = QVBoxLayout(card)
        self.box.setSpacing(14)
        room = QFrame()
        room.setObjectName("room")
        self._middle = QVBoxLayout(room)
        self._middle.addStretch(0 if self.stature else 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, _CARD_WIDTH)
        row.addStretch(1)
        self._middle.addLayout(row)
        self._middle.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("scroll")
        scroll.setWidgetResizable(True)
        scroll.setProperty("horizontalScrollBarPolicy", _ALWAYS_OFF)
        scroll.setProperty("focusPolicy", _NO_FOCUS)
        scroll.setWidget(room)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._scroll, self._bar = scroll, scroll.verticalScrollBar()
        self._bar.rangeChanged.connect(self._place)
        self._bar.rangeChanged.connect(self._follow_soon)
        self._place()
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow)

    def _follow_soon(self) -> None:
        QTimer.singleShot(0, self, self._follow)  # when everything has its new place

    def _follow(self) -> None:
        """Qt scrolls to the focus only when Tab moves it; it is also given, where a person goes on."""
        focus = QApplication.focusWidget() if self._bar.maximum() else None
        # what is being clicked must not move away from under it
        if focus and self.isAncestorOf(focus) and not QApplication.mouseButtons():
            self._scroll.ensureWidgetVisible(focus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        side, edge = (16, _EDGE // 2) if self.width() < _NARROW else (32, _EDGE)
        self.box.setContentsMargins(side, 28, side, 28)
        top = max(_EDGE, (self.height() - self.stature) // 2) if self.stature else _EDGE
        beside = self._bar.sizeHint().width() if self._bar.maximum() and edge == _EDGE else 0  # or it would push aside
        self._middle.setContentsMargins(edge + beside, top, edge, _EDGE)


class FormCard(Card):
    """A card with a heading, and the ways that all forms share: one problem line, one Cancel that is never disabled."""

    def __init__(self, title: str, subtitle: str = "") -> None:
        super().__init__()
        self.title = text(title, "title")
        self.subtitle = text(subtitle, "subtitle")
        self.notice = text(name="notice")
        self.problem = text(name="problem")
        self.cancel = button("Cancel", "link")
        for part in (self.title, self.subtitle, self.notice):
            self.box.addWidget(part)
        say(self.notice, "")
        say(self.problem, "")
        say(self.subtitle, subtitle)
        self.cancel.hide()

    def complain(self, words: str) -> None:
        """Say what is wrong, by no field; a screen reader, which is somewhere else, says it too."""
        if words and words != self.problem.text():
            from desktopauth.qt.speech import announce

            announce(self, words)
        say(self.problem, words)

    def take_back(self) -> None:
        """The wait that the problem line speaks of is over."""
        if self.problem.text():
            from desktopauth.qt.messages import TRY_NOW

            self.complain(TRY_NOW)
