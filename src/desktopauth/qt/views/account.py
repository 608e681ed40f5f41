"""The account: who somebody is here, how they come in, and the ways out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktopauth.core.models import User
from desktopauth.qt.commands import Commands
from desktopauth.qt.one_line import OneLine
from desktopauth.qt.views.avatar import Fetch, Portrait
from desktopauth.qt.views.leaving import WaysOut
from desktopauth.qt.views.person import MOST_WAYS, name_of, plain, ways_of
from desktopauth.qt.views.profile import NameForm
from desktopauth.qt.widgets import button, say, text


class AccountPanel(QScrollArea):
    """All of it is from outside and shown as it is written. ``out.chosen`` tells the way out that was taken."""

    def __init__(self, commands: Commands, fetch: Fetch | None) -> None:
        super().__init__()
        self.portrait = Portrait(commands, fetch)
        self.called, self.address = OneLine("section"), OneLine("quiet")
        self.name = NameForm(commands)
        self.email = button("Change email")
        self.password = button("Change password")
        self.ways = [OneLine() for _ in range(MOST_WAYS + 1)]
        self._named = _column(4, text("Ways to sign in", "section"), *self.ways)
        self.out = WaysOut()
        self.email.clicked.connect(commands.open_new_email)
        self.password.clicked.connect(commands.open_new_password)
        self._lay_out()
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow)

    def _follow(self, _before: QWidget | None, focus: QWidget | None) -> None:
        """Qt scrolls to the focus only when it moves within; it also comes in, from what is above."""
        by_mouse = bool(QApplication.mouseButtons())  # what is pressed must not move away from under it
        if focus and self.isAncestorOf(focus) and not by_mouse:
            self.ensureWidgetVisible(focus)

    def _lay_out(self) -> None:
        inner = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, inner)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(20)
        self._body.addWidget(_card(self._who(), self.name, _column(10, self.email, self.password)), 1)
        self._body.addWidget(_card(self._named, self.out), 1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has the focus
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inner)
        for part in (inner, self.viewport()):
            part.setAutoFillBackground(False)  # else it is painted in the palette's colour, not the sheet's

    def _who(self) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.called)
        words.addWidget(self.address)
        words.addStretch(1)
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self.portrait)
        row.addLayout(words, 1)
        return whole

    def be_narrow(self, narrow: bool) -> None:
        """One card under the other."""
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def show_person(self, user: User) -> None:
        called, email = name_of(user), plain(user.email)
        self.called.setText(called)
        say(self.address, email if email != called else "")
        self.portrait.show_person(user)
        self.name.show_person(user)
        found = ways_of(user)
        self._named.setVisible(bool(found))
        for row, label in enumerate(self.ways):
            say(label, found[row] if row < len(found) else "")

    def is_open(self) -> bool:
        """Whether something is typed here that would be lost."""
        return self.name.is_open()

    def forget(self) -> None:
        """Somebody else's turn: nothing of this person stays on screen."""
        for label in (self.called, self.address, *self.ways):
            label.clear()
        self.portrait.forget()
        self.name.forget()
        self.verticalScrollBar().setValue(0)


def _card(*parts: QWidget) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    box = QVBoxLayout(frame)
    box.setContentsMargins(20, 18, 20, 20)
    box.setSpacing(14)
    for part in parts:
        box.addWidget(part)
    box.addStretch(1)
    return frame


def _column(spacing: int, *parts: QWidget) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    for part in parts:
        column.addWidget(part)
    return whole
