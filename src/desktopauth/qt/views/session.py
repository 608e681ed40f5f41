"""The session, plainly: who, how long the token lives, where it is kept, and what happened last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFormLayout, QLabel, QListWidget, QVBoxLayout, QWidget

from desktopauth.core.events import AuthChange
from desktopauth.core.state import SignedIn
from desktopauth.qt.one_line import OneLine
from desktopauth.qt.views.avatar import Fetch
from desktopauth.qt.widgets import text

_KEPT = 20  # events


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What home cannot see in the state; the first two are asked for whenever it draws.

    ``picture`` fetches the person's picture; None, as usual, for none.
    """

    expires_at: Callable[[], float | None]
    storage: Callable[[], str]
    picture: Fetch | None = None


class EventLog:
    """The last events with their time of day, kept by the shell so that no view misses one."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT)
        self.last: AuthChange | None = None
        self._whose = ""

    def note(self, change: AuthChange) -> None:
        """Add one line; the newest comes first. Another person begins with none."""
        if change.user and change.user.id != self._whose:
            self._whose = change.user.id
            self.lines.clear()
        self.last = change
        about = change.reason or change.cause
        self.lines.appendleft(f"{time.strftime('%H:%M:%S')}  {change.event}" + (f"  {about}" if about else ""))


class SessionPanel(QWidget):
    """Counts the token's life down once a second while it is on screen."""

    def __init__(self, facts: SessionFacts, log: EventLog) -> None:
        super().__init__()
        self._facts, self._log = facts, log
        self.who = OneLine()
        self.life, self.kept, self.server = (text() for _ in range(3))
        self._caption = text("Last events", "quiet")
        self.events = QListWidget()
        self.events.setObjectName("events")
        self.events.setAccessibleName("Last events")
        self.events.setWordWrap(True)
        self.events.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        rows: list[tuple[str, QLabel]] = [
            ("Signed in as", self.who),
            ("Access token", self.life),
            ("Kept in", self.kept),
            ("Server", self.server),
        ]
        for caption, value in rows:
            form.addRow(text(caption, "quiet", wrap=False), value)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(text("Session", "section"))
        box.addLayout(form)
        box.addWidget(self._caption)
        box.addWidget(self.events, 1)

    def be_brief(self, brief: bool) -> None:
        """Where there is little room: only what holds now."""
        self._caption.setVisible(not brief)
        self.events.setVisible(not brief)

    def show_session(self, session: SignedIn) -> None:
        """Draw who is signed in and how well."""
        kept = self._facts.storage() if session.health.memory_only is None else "This window's memory only"
        self.who.setText(session.user.email or session.user.id)
        self.kept.setText(kept)
        self.server.setText(session.health.connection.capitalize())
        self._tick()

    def show_events(self) -> None:
        """Draw the log anew, and what an event may have changed beside it."""
        self._tick()
        self.events.clear()
        self.events.addItems(list(self._log.lines))

    def forget(self) -> None:
        """Somebody else's turn: nothing of this person stays on screen."""
        for label in (self.who, self.life, self.kept, self.server):
            label.clear()
        self.events.clear()

    def start(self) -> None:
        self._second.start()

    def stop(self) -> None:
        self._second.stop()

    def _tick(self) -> None:
        ends = self._facts.expires_at()
        left = int(ends - time.time()) if ends is not None else 0
        self.life.setText(f"{left // 60}:{left % 60:02d} left" if left > 0 else "Renewing\N{HORIZONTAL ELLIPSIS}")
