"""One person at a terminal: commands in real processes that have neither a screen nor Qt."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters import entry as entry_module
from desktopauth.adapters.entry import account_folder, entry_name
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.paths import profile_at
from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault, peek
from desktopauth.core.models import ProviderTokens, Session, User
from desktopauth.core.ports import Saved
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import client, confirmed

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("program.py")
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
KEY = "sb_publishable_x"
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Terminal:
    """Commands for one profile; ``project`` are the options that name its project."""

    canary: Canary
    home: Path
    project: tuple[str, ...] = ("--url", "http://127.0.0.1:9", "--key", KEY)
    project_id: str = "http://127.0.0.1:9/auth/v1"

    @property
    def profile(self) -> Path:
        return self.home / "profile"

    @property
    def entry(self) -> str:
        return entry_name("desktopauth", self.project_id, profile_at(self.profile).id)

    def at(self, url: str, key: str = KEY) -> Terminal:
        return replace(self, project=("--url", url, "--key", key), project_id=f"{url}/auth/v1")

    def for_demo(self) -> Terminal:
        return replace(self, project=("--demo",), project_id="demo")

    def run(self, *arguments: object, **environment: str) -> Done:
        """What a command did and said; nothing secret is in it, and it spoke in sentences."""
        given = {key: value for key, value in os.environ.items() if key not in SCREENS and "PROXY" not in key.upper()}
        ours = {
            "PYTHONPATH": str(ROOT / "src"),
            "HOME_OF_LOCKS": str(self.home / "state"),
            "XDG_DATA_HOME": str(self.home / "data"),
        }
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *map(str, arguments)],
            env=given | ours | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.canary.scan_text(done.stdout + done.stderr, "output of the command")
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def __call__(self, *arguments: object, **environment: str) -> Done:
        """A command about this profile and project."""
        return self.run(*arguments, "--profile-dir", self.profile, *self.project, **environment)

    def keep(self, session: Session | str, tokens: ProviderTokens | None = None) -> None:
        """Store it, as the app does, and with it what a provider gave."""
        session_id = session.id if isinstance(session, Session) else "s"
        text = session.to_json() if isinstance(session, Session) else session
        vault = KeyringVault(self.entry, state=self.state, locks=FileLocks(account_folder(), self.entry))

        async def save() -> None:
            assert isinstance(await vault.save(text, session_id=session_id, over=None), Saved)
            if tokens:
                store = ProviderStore(vault, self.state)
                assert await store.save({"github": tokens}, session_id=session_id) is None

        with closing(vault):
            asyncio.run(save())

    @property
    def state(self) -> StateFile:
        return StateFile(account_folder(), self.entry)

    def holds(self) -> bool:
        """Whether the keyring holds anything of this entry."""
        return peek(self.entry, account_folder())


@pytest.fixture
def terminal(canary: Canary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_our_keyring: None) -> Terminal:
    """A terminal on a machine without a keyring, unless the test asks for one as well."""
    monkeypatch.setattr(entry_module, "_account_home", lambda: tmp_path / "state")
    profile_at(tmp_path / "profile")
    return Terminal(canary, tmp_path)


@pytest.fixture
def arrive(lite: EmbeddedServer) -> Callable[[], Session]:
    """Somebody new signs up on the real server; their session."""

    def come() -> Session:
        async def scenario() -> dict[str, Any]:
            async with client(lite) as http:
                return await confirmed(lite, http)

        return Session.from_wire(asyncio.run(scenario()))

    return come


@pytest.fixture
def made_up(canary: Canary) -> Session:
    """A session that no server knows."""
    user = User("5", "ada@example.com")
    return Session(canary.secret("access"), canary.secret("refresh"), time.time() + 3000, 3600, user)


def lock() -> None:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).lock()
