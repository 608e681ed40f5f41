"""The few parts that all views are made of: plain text, a labelled field with its own problem line, a card.

No class here touches Qt's enum namespace before the first paint (see style.py); text from outside is always plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from desktopauth.core.state import AuthState

_PLAIN_TEXT = 0  # Qt.TextFormat.PlainText, without building Qt's enums for it
_CARD_WIDTH = 400


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
        caption = text(label, wrap=False)
        caption.setBuddy(self.edit)  # which also names the field for a screen reader
        self._problem = text(name="problem")
        self._row = QHBoxLayout()
        self._row.addWidget(self.edit, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(caption)
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


class View(QWidget):
    """What the shell can show: it draws a state, and is told when it comes up and when it goes."""

    def show_state(self, state: AuthState) -> None:
        """Draw this state; called again for each step while the view is up."""

    def enter(self) -> None:
        """The view comes up: put the focus where the person goes on."""

    def leave(self) -> None:
        """The view goes: stop what moves, forget what is secret."""

    def cover(self) -> None:
        """The person's work goes out of sight and out of reach, and stays as it is."""

    def uncover(self) -> None:
        """They are back: go on where they were."""
        self.enter()


class Card(View):
    """A card in the middle of the window; ``box`` is its column."""

    def __init__(self) -> None:
        super().__init__()
        card = QFrame()
        card.setObjectName("card")
        card.setFixedWidth(_CARD_WIDTH)
        self.box = QVBoxLayout(card)
        self.box.setContentsMargins(32, 28, 32, 28)
        self.box.setSpacing(14)
        middle = QVBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addLayout(middle)
        row.addStretch(1)


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
