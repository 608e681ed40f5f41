"""The card that asks for something new: its button waits as long as the server said, and its Cancel never waits."""

from __future__ import annotations

from desktopauth.core.errors import Problem
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import sentence_beside
from desktopauth.qt.submit import SubmitButton
from desktopauth.qt.widgets import Field, FormCard, say


class ChangeCard(FormCard):
    """``fields`` are what is disabled while something is under way; Escape presses Cancel, as in all forms."""

    verb = ""
    busy_verb = ""

    def __init__(self, commands: Commands, title: str) -> None:
        super().__init__(title)
        self.commands = commands
        self.fields: list[Field] = []
        self.busy = False
        self.submit = SubmitButton(self.verb, self.busy_verb)
        self.submit.clicked.connect(self.send)
        self.submit.ready.connect(self.take_back)
        self.cancel.clicked.connect(self._cancel)

    def send(self) -> None:
        """Ask for it, if it can be asked for now."""
        if self.submit.isEnabled() and self.ready():
            self.show_busy(True)  # at once: a second Enter would void the answer to the first
            self.ask()

    def ready(self) -> bool:
        """Whether what is written here can be sent; if not, this says why by the field, and moves the focus there."""
        raise NotImplementedError

    def ask(self) -> None:
        raise NotImplementedError

    def place(self) -> Field:
        """Where the person goes on."""
        raise NotImplementedError

    def show_busy(self, busy: bool, retry_at: float = 0.0) -> None:
        """``retry_at`` in seconds since the epoch: before it the server would refuse unheard."""
        self.busy = busy
        for field in self.fields:
            field.setEnabled(not busy)
        self.submit.show_step(busy=busy, retry_at=retry_at)
        if busy:
            self.cancel.setFocus()

    def words_for(self, problem: Problem | None, retry_at: float) -> str:
        """What is said of it, beside the button's countdown."""
        return sentence_beside(problem, retry_at=retry_at, counts=self.submit.counts())

    def _cancel(self) -> None:
        if self.busy:
            self.show_busy(False)
            self.place().focus()
        self.commands.cancel()

    def enter(self) -> None:
        self.cancel.show()  # not before it has a place: it would be a window for a moment, and take the keyboard
        self.place().focus()

    def leave(self) -> None:
        self.show_busy(False)
        self.submit.rest()
        say(self.problem, "")
        for field in self.fields:
            field.wipe()
            field.show_problem("")
