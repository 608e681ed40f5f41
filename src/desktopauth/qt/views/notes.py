"""Notes: a person's own rows, read and written through the stock supabase client that ``Auth`` hands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QVBoxLayout, QWidget

from desktopauth.core.errors import AuthError
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import sentence
from desktopauth.qt.widgets import button, say, text, wipe


class Notes(Protocol):
    """Where notes come from. Both raise AuthError."""

    async def read(self) -> Sequence[str]: ...

    async def add(self, body: str) -> None: ...


class NotesPanel(QWidget):
    """A list and a line to add to it. What was typed stays until the server has it."""

    def __init__(self, commands: Commands, notes: Notes) -> None:
        super().__init__()
        self._commands, self._notes = commands, notes
        self._turn = 0  # whose screen this is; an answer that comes in another's is nobody's business
        self._reads = self._writes = 0  # an answer that another one has overtaken says too little
        self.list = QListWidget()
        self.list.setObjectName("notes")
        self.list.setAccessibleName("Your notes")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.edit = QLineEdit()
        self.edit.setObjectName("note")
        self.edit.setPlaceholderText("Write a note")
        self.edit.setAccessibleName("New note")
        self.add = button("Add", "primary")
        self.problem = text(name="problem")
        self.empty = text("No notes yet. Only you will see what you write here.", "quiet")
        self._lay_out()
        self.add.clicked.connect(self._add)
        self.edit.returnPressed.connect(self._add)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.edit, 1)
        row.addWidget(self.add)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        for part in (text("Notes", "section"), self.empty, self.list, self.problem):
            box.addWidget(part, 1 if part is self.list else 0)
        box.addLayout(row)
        say(self.problem, "")
        self.empty.hide()

    def load(self) -> None:
        """Read the person's notes."""
        self._commands.start(self._load())

    def refresh(self) -> None:
        """Read them again behind the person's back: where they are in the list and in the line stays as it is."""
        say(self.problem, "")
        self._commands.start(self._load(quiet=True))

    def is_open(self) -> bool:
        """Whether something is written here that the server does not have."""
        return bool(self.edit.text().strip())

    def forget(self) -> None:
        """Somebody else's turn: nothing of this person stays on screen, nor comes back by Undo."""
        self._turn += 1
        self.list.clear()
        wipe(self.edit)
        self.add.setEnabled(True)
        say(self.problem, "")

    def _add(self) -> None:
        self.edit.setFocus()  # Add is disabled while it sends, and the focus would wander off
        body = self.edit.text().strip()
        if body and self.add.isEnabled():
            self.add.setEnabled(False)  # at once: a second Enter would write a second note
            self._commands.start(self._send(body))

    async def _load(self, *, quiet: bool = False) -> None:
        turn, writes = self._turn, self._writes
        try:
            notes = await self._notes.read()
        except AuthError as error:
            if not quiet:
                self._fail(error, turn)
            return
        if turn == self._turn and writes != self._writes:
            await self._load(quiet=quiet)
        elif turn == self._turn:
            self._show(list(notes))

    def _show(self, notes: list[str]) -> None:
        self._reads += 1
        bar = self.list.verticalScrollBar()
        place, row = bar.value(), self.list.currentRow()
        self.list.clear()
        self.list.addItems(notes)
        self.list.setCurrentRow(row)
        self.list.doItemsLayout()  # now, or there is nothing to scroll in yet
        bar.setValue(place)
        self._succeed()

    async def _send(self, body: str) -> None:
        turn, reads = self._turn, self._reads
        try:
            await self._notes.add(body)
        except AuthError as error:
            self._fail(error, turn)
            return
        finally:
            self.add.setEnabled(self.add.isEnabled() or turn == self._turn)
        if turn == self._turn:
            self._added(body, listed=reads != self._reads)

    def _added(self, body: str, *, listed: bool) -> None:
        self._writes += 1
        if self.edit.text().strip() == body:
            self.edit.clear()
        if listed:  # perhaps: the list was read meanwhile
            self.refresh()
        else:
            self.list.addItem(body)
        self._succeed()

    def _succeed(self) -> None:
        say(self.problem, "")
        self.empty.setVisible(self.list.count() == 0)

    def _fail(self, error: AuthError, turn: int) -> None:
        if turn == self._turn:
            say(self.problem, sentence(error.problem))
