"""The real window over a real ``Auth``, with the server, the keyring and the clock in the test's hand."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from desktopauth.core import store as store_module
from desktopauth.core.errors import AuthError
from desktopauth.core.models import User
from desktopauth.qt import countdown as countdown_module
from desktopauth.qt import hands as hands_module
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.commands import Commands
from desktopauth.qt.hands import Hands
from desktopauth.qt.shell import Shell
from desktopauth.qt.views import code as code_module
from desktopauth.qt.views import interrupted as interrupted_module
from desktopauth.qt.views.session import SessionFacts
from tests.canary import Canary
from tests.core.conftest import World
from tests.scenario import settled, until


def pytest_itemcollected(item: pytest.Item) -> None:
    """The offscreen platform says of every window that it passes no size hints on, and more of every menu."""
    can_not = "does not support (propagateSizeHints|raise|grabbing the keyboard)"
    item.add_marker(pytest.mark.qt_log_ignore(can_not))


class NotesInHand:
    """Notes of the test's own; ``problem`` is raised instead of an answer, ``held`` is waited for first."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.problem: AuthError | None = None
        self.held: Any = None

    async def read(self) -> list[str]:
        self._answer()
        return list(self.bodies)

    async def add(self, body: str) -> None:
        if self.held is not None:
            await self.held.wait()
        self._answer()
        self.bodies.append(body)

    def _answer(self) -> None:
        if self.problem:
            raise self.problem


class Room:
    """Somebody sits before the window: what they see, what their hands can do, and the world behind it."""

    def __init__(self, canary: Canary) -> None:
        self.world = World(canary)
        self.notes = NotesInHand()
        self.mails: dict[str, str] = {}
        self.commands: Commands
        self.shell: Shell
        self.bus: AuthBus
        self.hands: Hands

    def build(self, *, expects: bool = False) -> None:
        """The window alone, before there is a session half."""
        self.commands = Commands()
        self.shell = Shell("Example", self.commands, expects_somebody=expects)
        self.hands = Hands(self.shell)
        self.shell.show()

    @asynccontextmanager
    async def open(self, *, expects: bool = False, wait: bool = True) -> AsyncIterator[None]:
        """The app, from its first picture to its end."""
        if not hasattr(self, "shell"):
            self.build(expects=expects)
        async with self.world.auth(wait=False) as auth:
            self.bus = AuthBus(auth)
            self.commands.attach(auth)
            facts = SessionFacts(lambda: auth.expires_at, lambda: auth.storage)
            self.shell.attach(self.bus, self.notes, facts, self.mails.get)
            if wait:
                await until(lambda: self.world.events, what="INITIAL_SESSION")
                await settled()
            try:
                yield
            finally:
                self.bus.close()
                self.shell.hide()
                await self.commands.close()
        self.shell.close()
        self.shell.deleteLater()

    @asynccontextmanager
    async def signed_in(self, user: User | None = None) -> AsyncIterator[None]:
        """The app of somebody who was here before."""
        self.world.vault.put(self.world.session(user=user) if user else self.world.session())
        async with self.open(expects=True):
            yield

    @asynccontextmanager
    async def waiting_for_a_code(self, email: str = "ada@example.com") -> AsyncIterator[None]:
        """The app of somebody who has just asked for an account."""
        async with self.open():
            await self.hands.press("Create an account")
            await self.hands.fill("Email", email)
            await self.hands.fill("Password", self.world.password)
            await self.hands.press("Create account")
            await self.hands.sees("We sent a code")
            yield

    def focus(self) -> str:
        """What would get the next key: the words on a button, else the name of the field."""
        match self.shell.focusWidget():
            case QPushButton() as button:
                return button.text()
            case None:
                return ""
            case widget:
                return widget.objectName()

    def shows(self, words: str) -> bool:
        return any(words in text for text in self.hands.texts())


@pytest.fixture
def room(canary: Canary, qapp: Any, monkeypatch: pytest.MonkeyPatch) -> Room:
    """The window's countdowns go by the world's clock."""
    made = Room(canary)
    monkeypatch.setattr(hands_module, "_PATIENCE", 5.0)  # everything here is at hand: what does not come, never comes
    monkeypatch.setattr(interrupted_module, "_BREATH", 20)
    for counting in (code_module, countdown_module):
        monkeypatch.setattr(counting, "time", SimpleNamespace(time=made.world.clock.now))
    return made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody in this test waits a whole second for a keyring."""
    monkeypatch.setattr(store_module, "_PATIENCE", 0.02)


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of what slots have raised into Qt, which would fail the test otherwise."""
    names: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, at: names.append(kind.__name__))
    return names


ENTER, TAB, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape
