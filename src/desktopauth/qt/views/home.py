"""Home: what is this person's own, and the way out."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktopauth.core.models import User
from desktopauth.core.state import AuthState, SignedIn
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import banner
from desktopauth.qt.views.notes import Notes, NotesPanel
from desktopauth.qt.views.session import EventLog, SessionFacts, SessionPanel
from desktopauth.qt.widgets import View, button, say, text


class HomeView(View):
    """Notes beside the session, under a line that says whose they are."""

    def __init__(self, commands: Commands, notes: Notes, facts: SessionFacts, log: EventLog) -> None:
        super().__init__()
        self.who = text(name="title", wrap=False)
        self.banner = text(name="notice")
        self.sign_out = button("Sign out", "sign_out")
        self.notes = NotesPanel(commands, notes)
        self.session = SessionPanel(facts, log)
        self._user_id = ""
        self._lay_out()
        self.sign_out.clicked.connect(commands.sign_out)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.who, 1)
        head.addWidget(self.sign_out)
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addWidget(_panel(self.notes), 3)
        body.addWidget(_panel(self.session), 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 28)
        box.setSpacing(18)
        box.addLayout(head)
        box.addWidget(self.banner)
        box.addLayout(body, 1)
        say(self.banner, "")

    def show_state(self, state: AuthState) -> None:
        if not isinstance(session := state.session, SignedIn):
            return
        if session.user.id != self._user_id:
            self._user_id = session.user.id
            self.notes.forget()
            self.notes.load()
        self.who.setText(f"Hello, {_name_of(session.user)}")
        say(self.banner, banner(session.health))
        self.session.show_session(session)

    def show_events(self) -> None:
        """An event came in."""
        self.session.show_events()

    def enter(self) -> None:
        self.session.show_events()
        self.session.start()
        self.notes.edit.setFocus()

    def leave(self) -> None:
        """The person is gone, and so is what was theirs."""
        self._user_id = ""
        self.session.stop()
        self.notes.forget()
        self.who.clear()


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
