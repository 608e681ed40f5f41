"""Home: what is this person's own, their account, and the ways out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import assert_never

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.ports import Scope
from desktopauth.core.revocation import SignOutStatus
from desktopauth.core.state import AuthState, SignedIn
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import others_sentence
from desktopauth.qt.one_line import OneLine
from desktopauth.qt.views.account import AccountPanel
from desktopauth.qt.views.banner import Banner
from desktopauth.qt.views.leaving import SignOutButtons
from desktopauth.qt.views.notes import Notes, NotesPanel
from desktopauth.qt.views.person import name_of
from desktopauth.qt.views.session import EventLog, SessionFacts, SessionPanel
from desktopauth.qt.widgets import View, button

_NARROW = 640  # pixels: below this things go under one another
_EMAIL_CHANGED = "Your email is changed."
_PASSWORD_CHANGED = "Your password is changed."  # noqa: S105 - a sentence


class HomeView(View):
    """Notes beside the session, or the account, under a line that says whose they are.

    ``farewell`` is told how far it is when they left by signing out everywhere.
    """

    def __init__(
        self,
        commands: Commands,
        notes: Notes,
        facts: SessionFacts,
        log: EventLog,
        farewell: Callable[[SignOutStatus], None],
    ) -> None:
        super().__init__()
        self._commands, self._log, self._farewell = commands, log, farewell
        self.who = OneLine("title")
        self.switch = button("Account")
        self.banner = Banner()
        self.sign_out = SignOutButtons()
        self.notes = NotesPanel(commands, notes)
        self.session = SessionPanel(facts, log)
        self.account = AccountPanel(commands, facts.picture)
        self._user: User | None = None
        self._moved = False  # to another address, with the last state
        self._just_back = False  # from a view that was over home
        self._place = _Place(self.notes.edit)
        self._lay_out()
        self.switch.clicked.connect(self._switch)
        for ways in (self.sign_out, self.account.out):
            ways.chosen.connect(self._sign_out)
        self.banner.chosen.connect(commands.save_over)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.switch)
        buttons.addWidget(self.sign_out)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.addWidget(self.who, 1)
        self._head.addLayout(buttons)
        self._work = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._work)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(20)
        self._body.addWidget(_panel(self.notes), 3)
        self._body.addWidget(_panel(self.session), 2)
        self._box = QVBoxLayout(self)
        self._box.setSpacing(10)
        self._box.addLayout(self._head)
        self._box.addWidget(self.banner)
        for page in (self._work, self.account):
            self._box.addWidget(page, 1)
        self.account.hide()

    def show_state(self, state: AuthState) -> None:
        if not isinstance(session := state.session, SignedIn):
            return
        before, self._user = self._user, session.user
        if before is None or before.id != session.user.id:
            self.notes.forget()
            self.notes.load()
        self._moved = before is not None and before.id == session.user.id and before.email != session.user.email
        self.who.setText(f"Hello, {name_of(session.user)}")
        self.account.show_person(session.user)
        self.banner.show_health(session.health)
        self.session.show_session(session)

    def show_events(self) -> None:
        """An event came in."""
        self.session.show_events()
        change = self._log.last
        if change and change.event is AuthEvent.USER_UPDATED and (self._moved or self._just_back):
            self.banner.answer(_EMAIL_CHANGED if self._moved else _PASSWORD_CHANGED)

    def work_is_open(self) -> bool:
        """Whether there is something here that would be lost."""
        return self.notes.is_open() or self.account.is_open()

    def _switch(self) -> None:
        """To the account and back."""
        to_account = self.account.isHidden()
        self._show_account(to_account)
        if not to_account:
            self.notes.edit.setFocus()

    def _show_account(self, there: bool) -> None:
        for page, up in ((self._work, not there), (self.account, there)):
            page.setVisible(up)  # and no stack: what is hidden in one still counts for how small the window may be
        self.switch.setText("Back" if there else "Account")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.account.isHidden():
            self._switch()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.session.be_brief(narrow)  # before it goes under the notes, or the window would grow for it
        under = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._body.setDirection(under)
        self._head.setDirection(under)
        self._box.setContentsMargins(*((14, 12, 14, 14) if narrow else (28, 24, 28, 28)))
        self.account.be_narrow(narrow)

    def enter(self) -> None:
        self.session.show_events()
        self.session.start()
        self.notes.edit.setFocus()

    def cover(self) -> None:
        self._place = _Place(self.notes.edit, self.focusWidget())
        self.session.stop()

    def uncover(self) -> None:
        self._just_back = True
        QTimer.singleShot(0, self._settle)  # what was done over home is told in the same breath
        self.session.show_events()
        self.session.start()
        self.notes.refresh()
        self._place.restore()

    def _settle(self) -> None:
        self._just_back = False

    def leave(self) -> None:
        """The person is gone, and so is what was theirs."""
        self._user = None
        self._place = _Place(self.notes.edit)
        self._show_account(False)
        self.session.stop()
        self.session.forget()
        self.notes.forget()
        self.account.forget()
        self.banner.forget()
        self.who.clear()

    def _sign_out(self, scope: Scope) -> None:
        match scope:
            case "local":
                self._commands.sign_out()
            case "others":
                self._commands.sign_out("others", partial(self._answer, self._user))
            case "global":
                self._commands.sign_out("global", self._farewell)
            case _:
                assert_never(scope)

    def _answer(self, whose: User | None, status: SignOutStatus) -> None:
        if whose and self._user and whose.id == self._user.id:  # else who gave the order is gone
            self.banner.answer(others_sentence(status), stays=status == "pending")


class _Place:
    """Where somebody was: what had the focus, and what was marked in the line."""

    def __init__(self, edit: QLineEdit, focus: QWidget | None = None) -> None:
        self._edit, self._focus = edit, focus or edit
        self._start, self._length = edit.selectionStart(), edit.selectionLength()
        self._cursor = edit.cursorPosition()

    def restore(self) -> None:
        self._focus.setFocus()
        if self._start < 0:
            self._edit.setCursorPosition(self._cursor)
        elif self._cursor == self._start:  # marked backwards
            self._edit.setSelection(self._start + self._length, -self._length)
        else:
            self._edit.setSelection(self._start, self._length)


def _panel(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    box = QVBoxLayout(frame)
    box.setContentsMargins(20, 18, 20, 20)
    box.addWidget(content)
    return frame
