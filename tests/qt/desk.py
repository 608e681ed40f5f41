"""One view alone in a window, and nobody behind it: it is given what it shows, and what it asks for is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktopauth.core.reduce import Message, reduce
from desktopauth.core.state import AuthState
from desktopauth.qt.commands import Commands
from desktopauth.qt.hands import Hands
from desktopauth.qt.views.change import ChangeCard
from tests.scenario import settled


class Asked(Commands):
    """The window's line to a session half that never answers by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, ...]] = []

    def set_password(self, password: str, proof: str = "") -> None:
        self.heard.append(("set_password", password, proof))

    def change_email(self, email: str) -> None:
        self.heard.append(("change_email", email))

    def resend(self) -> None:
        self.heard.append(("resend",))

    def cancel(self) -> None:
        self.heard.append(("cancel",))


class Desk(QWidget):
    """Plays the shell for one card; the state goes on by the real reducer."""

    def __init__(self, card: ChangeCard, commands: Asked, state: AuthState) -> None:
        super().__init__()
        self.card, self.commands, self.state = card, commands, state
        self.hands = Hands(self)
        QVBoxLayout(self).addWidget(card)
        self.resize(880, 620)
        self.show()
        card.show_state(state)
        card.enter()

    def hear(self, *messages: Message) -> None:
        """The session half has news."""
        for message in messages:
            self.state = reduce(self.state, message)
        self.card.show_state(self.state)

    def focus(self) -> str:
        match self.focusWidget():
            case QPushButton() as button:
                return button.text()
            case None:
                return ""
            case widget:
                return widget.objectName()

    def shows(self, words: str) -> bool:
        return any(words in text for text in self.hands.texts())


@asynccontextmanager
async def desk(make: Callable[[Commands], ChangeCard], state: AuthState) -> AsyncIterator[Desk]:
    """The window for the length of the block."""
    commands = Asked()
    found = Desk(make(commands), commands, state)
    try:
        await settled()  # all is laid out: hands must find it where it is
        yield found
    finally:
        found.card.leave()
        found.hide()  # and not closed: the last window would take the loop along
        found.deleteLater()
