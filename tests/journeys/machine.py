"""A machine of one person: its keyring entry, processes that die at it, and starts of the app that come after them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.statefile import Mark, StateFile
from desktopauth.adapters.vault import forget_entry, peek
from desktopauth.connect import connect
from desktopauth.core.auth import Auth
from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import SessionState, SignedIn
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.canary import Canary
from tests.demo.people import PASSWORD, client, confirmed
from tests.scenario import Run

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("dying.py")


@dataclass
class Machine:
    """One keyring entry, processes that die at it, and ones of this process that come after them."""

    config: Config
    folder: Path
    email: str
    canary: Canary

    @property
    def told(self) -> dict[str, Any]:
        """The configuration for another process, as JSON takes it."""
        return {name: _plain(value) for name, value in self._settings()}

    def _settings(self) -> list[tuple[str, Any]]:
        return [(field.name, getattr(self.config, field.name)) for field in fields(self.config)]

    @asynccontextmanager
    async def app(self) -> AsyncIterator[Auth]:
        """A start of the app in this process, when it knows who is there."""
        settled = asyncio.Event()
        async with connect(self.config, folder=self.folder) as auth:
            auth.subscribe(lambda _: settled.set())
            await asyncio.wait_for(settled.wait(), 10)
            yield auth

    async def honours(self, token: str) -> bool:
        """Whether the server takes an access token's session for a living one."""
        headers = {"apikey": self.config.key, "Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{self.config.url}/auth/v1/user", headers=headers)).status_code == 200

    async def forgotten(self) -> None:
        assert await forget_entry(self.entry, self.folder) is None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Auth]:
        """The same, not waiting for anything."""
        async with connect(self.config, folder=self.folder) as auth:
            yield auth

    async def holds(self, token: str | None) -> bool:
        """Whether the next start finds this very access token."""
        async with self.app() as auth:
            return token is not None and await auth.access_token() == token

    async def restarted(self) -> SessionState:
        async with self.app() as auth:
            return auth.state.session

    async def signed_in(self) -> None:
        async with self.app() as auth:
            if not isinstance(auth.state.session, SignedIn):
                await auth.sign_in(self.email, PASSWORD)

    async def signed_out(self) -> None:
        async with self.app() as auth:
            auth.sign_out()
        assert not self.stored()

    def stored(self) -> bool:
        return peek(self.entry, self.folder)

    @property
    def saves(self) -> int:
        """How often something was stored here, as the state file says."""
        return (StateFile(self.folder, self.entry).read() or Mark()).generation

    @property
    def entry(self) -> str:
        return entry_name(self.config.app_id, self.config.project_id, self.config.profile_id)

    @asynccontextmanager
    async def killer(self) -> AsyncIterator[Callable[..., Awaitable[bool]]]:
        """``kill(what, moment, email)``: do ``what`` in a process that dies then; False if it ended before."""
        python = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        )

        async def kill(what: str, moment: int, email: str = "") -> bool:
            assert python.stdin
            assert python.stdout
            given = {"email": email or self.email, "password": PASSWORD, "do": what, "die": moment}
            order = {"config": self.told, "folder": str(self.folder), **given}
            python.stdin.write(json.dumps(order).encode() + b"\n")
            line = (await python.stdout.readline()).decode().strip()
            assert line in ("killed", "ended 0"), line
            return line == "killed"

        try:
            yield kill
        finally:
            assert python.stdin
            python.stdin.close()  # it ends with its orders
            out, err = await python.communicate()
        self.canary.scan_text(f"{out!r} {err.decode()}", "output of a process that was killed")
        assert err == b""


def unsaved(auth: Auth) -> VaultProblem | None:
    """Why the session of whoever is signed in is not in the keyring; None if it is."""
    session = auth.state.session
    assert isinstance(session, SignedIn), session
    return session.health.memory_only


async def an_account(lite: EmbeddedServer) -> str:
    """The address of somebody new."""
    async with client(lite) as http:
        return str((await confirmed(lite, http))["user"]["email"])


def a_machine(lite: EmbeddedServer, folder: Path, canary: Canary, run: Run) -> Machine:
    config = Config(url=lite.url, key=lite.publishable_key, app_id="example", profile_id=some_entry(), store="keyring")
    return Machine(config, folder, run(lambda: an_account(lite)), canary)


@pytest.fixture
def machine(lite: EmbeddedServer, keyring: dict[str, str], tmp_path: Path, canary: Canary, run: Run) -> Machine:
    return a_machine(lite, tmp_path / "account", canary, run)


@pytest.fixture
def troubled(lite: EmbeddedServer, own_keyring: PrivateKeyring, tmp_path: Path, canary: Canary, run: Run) -> Machine:
    """A machine with a keyring of this test's own, that it may lock, stop, fill and kill."""
    return a_machine(lite, tmp_path / "account", canary, run)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return dict(value) if isinstance(value, Mapping) else value
