"""Home: what is this person's own, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import assert_never

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktopauth.core.models import User
from desktopauth.core.ports import Scope
from desktopauth.core.revocation import SignOutStatus
from desktopauth.core.state import AuthState, SignedIn
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import others_sentence
from desktopauth.qt.one_line import OneLine
from desktopauth.qt.views.banner import Banner
from desktopauth.qt.views.leaving import SignOutButtons
from desktopauth.qt.views.notes import Notes, NotesPanel
from desktopauth.qt.views.session import EventLog, SessionFacts, SessionPanel
from desktopauth.qt.widgets import View

_NARROW = 640  # pixels: below this the session goes under the notes


class HomeView(View):
    """Notes beside the session, under a line that says whose they are.

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
        self._commands, self._farewell = commands, farewell
        self.who = OneLine("title")
        self.banner = Banner()
        self.sign_out = SignOutButtons()
        self.notes = NotesPanel(commands, notes)
        self.session = SessionPanel(facts, log)
        self._user_id = ""
        self._place = _Place(self.notes.edit)
        self._lay_out()
        self.sign_out.chosen.connect(self._sign_out)
        self.banner.chosen.connect(commands.save_over)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.who, 1)
        head.addWidget(self.sign_out)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(20)
        self._body.addWidget(_panel(self.notes), 3)
        self._body.addWidget(_panel(self.session), 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 28)
        box.setSpacing(10)
        box.addLayout(head)
        box.addWidget(self.banner)
        box.addLayout(self._body, 1)

    def show_state(self, state: AuthState) -> None:
        if not isinstance(session := state.session, SignedIn):
            return
        if session.user.id != self._user_id:
            self._user_id = session.user.id
            self.notes.forget()
            self.notes.load()
        self.who.setText(f"Hello, {_name_of(session.user)}")
        self.banner.show_health(session.health)
        self.session.show_session(session)

    def show_events(self) -> None:
        """An event came in."""
        self.session.show_events()

    def work_is_open(self) -> bool:
        """Whether there is something here that would be lost."""
        return self.notes.is_open()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.session.be_brief(narrow)

    def enter(self) -> None:
        self.session.show_events()
        self.session.start()
        self.notes.edit.setFocus()

    def cover(self) -> None:
        self._place = _Place(self.notes.edit, self.focusWidget())
        self.session.stop()

    def uncover(self) -> None:
        self.session.show_events()
        self.session.start()
        self.notes.refresh()
        self._place.restore()

    def leave(self) -> None:
        """The person is gone, and so is what was theirs."""
        self._user_id = ""
        self._place = _Place(self.notes.edit)
        self.session.stop()
        self.session.forget()
        self.notes.forget()
        self.banner.forget()
        self.who.clear()

    def _sign_out(self, scope: Scope) -> None:
        match scope:
            case "local":
                self._commands.sign_out()
            case "others":
                self._commands.sign_out("others", partial(self._answer, self._user_id))
            case "global":
                self._commands.sign_out("global", self._farewell)
            case _:
                assert_never(scope)

    def _answer(self, user_id: str, status: SignOutStatus) -> None:
        if user_id == self._user_id:  # else who gave the order is gone
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


def _name_of(user: User) -> str:
    """What the person calls themselves, where the server knows it; anybody may have written anything there."""
    written = user.facts.get("user_metadata")
    name = written.get("name") if isinstance(written, Mapping) else None
    return str(name or user.email or user.id)


def _panel(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    box = QVBoxLayout(frame)
    box.setContentsMargins(20, 18, 20, 20)
    box.addWidget(content)
    return frame
