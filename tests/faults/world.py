"""Somebody's app over a fault proxy, with a clock in the test's hand that the server's answers go by as well."""

from __future__ import annotations

import importlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktopauth.adapters import transport
from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.records import Records
from desktopauth.core.auth import Auth
from desktopauth.core.events import AuthChange, AuthEvent
from desktopauth.core.models import Session
from desktopauth.core.ports import Found
from desktopauth.core.state import SignedIn
from tests.core.fakes import ManualClock
from tests.demo.people import PASSWORD
from tests.faults.proxy import FaultProxy, Lose, Say
from tests.faults.table import Fault, Trouble
from tests.scenario import settled, until


class Names:
    """The server's name leads to this machine until it is ``lost``; then the system is asked, which knows no such."""

    def __init__(self, name: str) -> None:
        self._name, self._real = name, socket.getaddrinfo
        self.lost = False

    def getaddrinfo(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        ours = not self.lost and host in (self._name, self._name.encode())
        return self._real("127.0.0.1" if ours else host, *args, **kwargs)


@dataclass
class World:
    """One person, one keyring entry, one server; every ``app()`` is a start of the app."""

    config: Config
    folder: Path
    email: str
    proxy: FaultProxy
    names: Names
    patch: pytest.MonkeyPatch
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.proxy.anew(self.clock.now)
        self._patience = pytest.MonkeyPatch()
        # the function of this name hides the module
        self.patch.setattr(importlib.import_module("desktopauth.connect"), "SystemClock", lambda: self.clock)
        self.patch.setattr(socket, "getaddrinfo", self.names.getaddrinfo)

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        connect = importlib.import_module("desktopauth.connect").connect
        async with connect(self.config, folder=self.folder) as auth:
            app = App(auth, self)
            await until(lambda: app.events, what="INITIAL_SESSION")
            yield app

    @property
    def entry(self) -> str:
        return entry_name(self.config.app_id, self.config.project_id, self.config.profile_id)

    def stored(self) -> Found:
        """What lies in the keyring: text and generation."""
        found = Records(open_keyring(), self.entry).load()
        assert isinstance(found, Found)
        return found

    def holds_anything(self) -> bool:
        return Records(open_keyring(), self.entry).exists()

    def suffer(self, fault: Fault, *, patience: float = 0.05) -> None:
        """From now on, until ``recover``. An answer that never comes is waited for ``patience`` seconds."""
        match fault.what:
            case Say() | Lose() as spoil:
                self.proxy.spoil = spoil
            case Trouble.NO_SUCH_NAME:
                self.names.lost = True
                self.proxy.hang_up()
            case Trouble.WRONG_CERTIFICATE:
                self.proxy.distrust()
                self.proxy.hang_up()
        if fault.what is Lose.IN_SILENCE:
            self._patience.setattr(transport, "_TIMEOUT", httpx.Timeout(15.0, read=patience))

    def recover(self) -> None:
        self.proxy.spoil, self.names.lost = None, False
        self.proxy.trust()
        self._patience.undo()


class App:
    """A running app: what it has told, and what it is waiting for."""

    def __init__(self, auth: Auth, world: World) -> None:
        self.auth, self._world = auth, world
        self.events: list[AuthChange] = []
        auth.subscribe(self.events.append)

    @property
    def names(self) -> list[AuthEvent]:
        return [change.event for change in self.events]

    @property
    def who(self) -> SignedIn:
        found = self.auth.state.session
        assert isinstance(found, SignedIn)
        return found

    async def signs_in(self) -> None:
        await self.auth.sign_in(self._world.email, PASSWORD)
        await self.asleep()

    async def tells(self, event: AuthEvent, times: int = 1) -> AuthChange:
        """Wait for it; the change."""
        await until(lambda: self.names.count(event) >= times, what=event)
        await self.asleep()
        return next(change for change in reversed(self.events) if change.event is event)

    async def asleep(self) -> None:
        """Until it has done what follows by itself, and waits for its clock."""
        await settled()

    async def tries_again(self, not_before: float) -> float:
        """Let time pass, no faster than it looks at its clock, until it has asked again; when that was."""
        clock, told = self._world.clock, len(self.events)
        clock.advance(max(0.0, not_before - clock.now()))
        await self.asleep()
        while len(self.events) == told:
            looks = len(clock.waits)
            pause = clock.waits[-1]
            assert pause is not None
            clock.advance(max(pause, 0.001))
            await until(lambda before=looks: len(clock.waits) > before, what="the next look at the clock")  # type: ignore[misc]
        return clock.now()


def session_in(stored: Found) -> Session:
    return Session.from_json(stored.text)
