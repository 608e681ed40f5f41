"""Somebody else has signed in over a person's open work: whose turn it is, is theirs to say."""

from __future__ import annotations

from desktopauth.core.models import User
from desktopauth.core.state import AnotherPerson, AuthState, Interrupted
from desktopauth.qt.commands import Commands
from desktopauth.qt.one_line import cut
from desktopauth.qt.views.person import foldable
from desktopauth.qt.widgets import FormCard, button, say, text

_BUTTON = 300  # pixels for its words


class AnotherView(FormCard):
    """Back is the default, and Escape: nothing is lost by it."""

    def __init__(self, commands: Commands) -> None:
        super().__init__("Somebody else signed in")
        self._commands = commands
        self.loss = text()
        self.go_on = button("")
        self.cancel.setObjectName("primary")
        self.cancel.setText("Back")
        for part in (self.loss, self.problem, self.cancel, self.go_on):
            self.box.addWidget(part)
        self.cancel.show()
        self.cancel.clicked.connect(commands.cancel)
        self.go_on.clicked.connect(self._go_on)

    def show_state(self, state: AuthState) -> None:
        if isinstance(flow := state.flow, AnotherPerson) and isinstance(session := state.session, Interrupted):
            first, second = _called(session.user), _called(flow.user)
            one, other = foldable(first), foldable(second)
            say(self.notice, f"{other} has just signed in.\nThe work here is {one}'s.")
            say(self.loss, f"If you continue as {other}, what {one} hasn't saved is discarded.")
            self._offer(f"Continue as {second}")

    def _offer(self, words: str) -> None:
        self.go_on.setEnabled(True)
        self.go_on.setText(cut(self.go_on, words, _BUTTON).replace("&", "&&"))  # one alone would make a shortcut
        self.go_on.setAccessibleName(words)

    def _go_on(self) -> None:
        self.go_on.setEnabled(False)  # at once: it is said once
        self._commands.let_in()

    def enter(self) -> None:
        self.cancel.setFocus()

    def leave(self) -> None:
        for label in (self.notice, self.loss):
            say(label, "")
        self._offer("")


def _called(user: User) -> str:
    """By their address: a name may be anybody's."""
    return user.email or user.id
