"""The app as people meet it: on a real server, a real keyring, and in real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters import entry as entry_module
from desktopauth.adapters.config import Config
from desktopauth.app import Opening, Project, Tell, _life, expects_somebody
from desktopauth.demo.server import EmbeddedServer
from desktopauth.qt import hands as hands_module
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.commands import Commands
from desktopauth.qt.hands import Hands
from desktopauth.qt.shell import Shell
from tests.adapters.vaults import some_entry
from tests.canary import Canary
from tests.demo.people import somebody
from tests.scenario import Run

Story = Callable[[Hands, AuthBus], Awaitable[None]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """The offscreen platform says of every window that it passes no size hints on."""
    item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


@dataclass(frozen=True)
class Person:
    """Somebody at one machine: their address and password, and the configuration of the app that they use."""

    email: str
    password: str = field(repr=False)
    config: Config
    lite: EmbeddedServer
    run: Run
    folder: Path

    def at(self, url: str) -> Person:
        """The same person with the app on another address; their keyring entry stays the same."""
        return replace(self, config=replace(self.config, url=url))

    def start(self, story: Story) -> None:
        """Start the app once, from its first picture to its end, with these hands in it."""
        self.run(partial(self._play, story), deadline=60)

    async def _play(self, story: Story) -> None:
        expects = expects_somebody(self.config)
        shell = Shell(self.config.app_name, Commands(), expects_somebody=expects)

        async def told(shell: Shell, bus: AuthBus) -> int:
            await story(Hands(shell), bus)
            return 0

        shell.show()
        opening = Opening(
            title="Example",
            expects_somebody=expects,
            prepare=self._prepare,
            report=pytest.fail,
            story=told,
            folder=self.folder,
        )
        try:
            assert await _life(opening, shell) == 0
        finally:
            shell.close()
            shell.deleteLater()

    @asynccontextmanager
    async def _prepare(self, _tell: Tell) -> AsyncIterator[Project]:
        yield Project(self.config, self.lite.mailbox.latest_code)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks and state files lie in this test's folder, not in the developer's account."""
    monkeypatch.setattr(entry_module, "_account_home", lambda: tmp_path / "home")
    return tmp_path / "home" / "desktopauth"


@pytest.fixture
def person(lite: EmbeddedServer, canary: Canary, account: Path, run_qt: Run, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody new, whose session is kept in memory."""
    monkeypatch.setattr(hands_module, "_PATIENCE", 15.0)
    config = Config(
        url=lite.url,
        key=lite.publishable_key,
        app_id="example",
        profile_id=some_entry(),
        project_id="p",
        store="memory",
    )
    return Person(somebody(), canary.secret("password"), config, lite, run_qt, account.parent / "profile")


@pytest.fixture
def keeper(person: Person, keyring: dict[str, str]) -> Person:
    """The same with a real keyring."""
    return replace(person, config=replace(person.config, store="keyring"))


async def sign_up(person: Person, hands: Hands) -> None:
    await hands.press("Create an account")
    await hands.sees("confirm your email")
    await hands.fill("Email", person.email)
    await hands.fill("Password", person.password)
    await hands.press("Create account")
    await hands.sees("We sent a code")


async def confirm(hands: Hands) -> None:
    mail = await hands.sees("Your demo mailbox says")
    await hands.fill("Six-digit code", mail.split()[-1])


async def sign_in(person: Person, hands: Hands, password: str | None = None) -> None:
    await hands.sees("Welcome")
    await hands.fill("Email", person.email)
    await hands.fill("Password", password or person.password)
    await hands.press("Sign in")


def account_made(person: Person) -> Person:
    """They have an account, and are signed out."""

    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(person, hands)
        await confirm(hands)
        await hands.press("Sign out")
        await hands.sees("You're signed out.")

    person.start(story)
    return person


def rows(bus: AuthBus, hands: Hands, name: str) -> list[str]:
    from PySide6.QtWidgets import QListWidget

    found: Any = hands._window.findChild(QListWidget, name)
    return [found.item(row).text() for row in range(found.count())] if found else []
