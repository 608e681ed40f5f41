"""The name that a person goes by: they change it here, and the server keeps it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktopauth.core.errors import AuthError
from desktopauth.core.models import User, UserChange
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import sentence
from desktopauth.qt.views.person import written_name
from desktopauth.qt.widgets import Field, button, text

_LONGEST = 100  # characters


class NameForm(QWidget):
    """What was typed stays until the server has it; what the server has comes in when nothing was typed."""

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        self._commands = commands
        self._turn, self._known, self._busy = 0, "", False
        self.field = Field("Name", "full_name")
        self.field.edit.setMaxLength(_LONGEST)
        self.save = button("Save")
        self.save.setAccessibleName("Save the name")
        self.told = text(name="quiet")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.told, 1)
        row.addWidget(self.save)
        box.addWidget(self.field)
        box.addLayout(row)
        self.field.edit.textChanged.connect(self._typed)
        self.field.submitted.connect(self._save)
        self.save.clicked.connect(self._save)
        self._draw()

    def show_person(self, user: User) -> None:
        untouched = not self.is_open()
        self._known = written_name(user)[:_LONGEST].strip()
        if untouched:
            self._put(self._known)
        self._draw()

    def is_open(self) -> bool:
        """Whether something is typed here that the server does not have."""
        return self._name() != self._known

    def forget(self) -> None:
        """Somebody else's turn."""
        self._turn += 1
        self._known, self._busy = "", False
        self.field.wipe()
        self.field.show_problem("")
        self.told.clear()
        self._draw()

    def _name(self) -> str:
        return " ".join(self.field.value().split())

    def _put(self, name: str) -> None:
        self.field.edit.setText(name)
        self.field.edit.setCursorPosition(0)  # a long one is known by its beginning

    def _typed(self) -> None:
        self.field.show_problem("")
        self.told.clear()
        self._draw()

    def _draw(self) -> None:
        self.save.setEnabled(self.is_open() and not self._busy)

    def _save(self) -> None:
        if self.save.isEnabled():
            self._busy = True  # at once: a second Enter would send it a second time
            self.field.edit.setFocus()  # Save is disabled while it is sent, and the focus would wander off
            self._draw()
            self._commands.start(self._send(self._name(), self._turn))

    async def _send(self, name: str, turn: int) -> None:
        try:
            await self._commands.update_user(UserChange(facts={"full_name": name}))
        except AuthError as error:
            problem = sentence(error.problem)
        else:
            problem = ""
        if turn == self._turn:
            self._answered(name, problem)

    def _answered(self, name: str, problem: str) -> None:
        self._busy = False
        if not problem:
            self._known = name
        self.field.show_problem(problem)
        self.told.setText("" if problem or self.is_open() else "Saved.")
        self._draw()
