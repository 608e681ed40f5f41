"""The keyring does not give its answer: say so, and offer the ways on."""

from __future__ import annotations

from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import AuthState, StoreWanted
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import store_sentence
from desktopauth.qt.widgets import FormCard, button, say


class StoreView(FormCard):
    """Try again (which lets the keyring ask for its password), or go on for this run only."""

    def __init__(self, commands: Commands) -> None:
        super().__init__("Your keyring", "Your sign-in is kept in the system keyring.")
        self.retry = button("Unlock and try again", "primary")
        self.go_on = button("Go on without saving", "link")
        for part in (self.problem, self.retry, self.go_on):
            self.box.addWidget(part)
        self.retry.clicked.connect(commands.retry_store)
        self.go_on.clicked.connect(commands.go_on_without_saving)

    def show_state(self, state: AuthState) -> None:
        if isinstance(session := state.session, StoreWanted):
            waiting = session.problem is VaultProblem.WAITING
            say(self.problem, store_sentence(session.problem))
            say(self.subtitle, "Going on without it leaves what it holds untouched; you'll be asked to sign in.")
            self.retry.setVisible(not waiting)  # never a second prompt while one is open
            self.retry.setText("Unlock and try again" if session.problem is VaultProblem.LOCKED else "Try again")

    def enter(self) -> None:
        (self.retry if self.retry.isVisibleTo(self) else self.go_on).setFocus()
