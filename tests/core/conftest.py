"""A whole world around one ``Auth``, with the clock, the server and the keyring in the test's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from desktopauth.core import keeper as keeper_module
from desktopauth.core import refreshing as refreshing_module
from desktopauth.core import store as store_module
from desktopauth.core.auth import Auth
from desktopauth.core.events import AuthChange, AuthEvent, Transition
from desktopauth.core.keeper import Keeper
from desktopauth.core.models import Session, User
from desktopauth.core.parts import Parts
from desktopauth.core.ports import Tokens
from desktopauth.core.state import Flow, Health, SessionState, SignedIn
from desktopauth.core.timing import ServerClock
from tests.canary import Canary
from tests.core.browser import FakeBrowser
from tests.core.fakes import FakeGateway, ManualClock, token
from tests.core.stores import FakeLocks, FakeProviderVault, FakeTombstones, MemoryVault
from tests.scenario import settled, until

ADA = User("ada", "ada@example.com")


class World:
    """Everything one ``Auth`` touches, and a journal of the order in which it did."""

    def __init__(self, canary: Canary) -> None:
        self.journal: list[str] = []
        self.clock = ManualClock()
        self.tombstones = FakeTombstones(self.journal)
        self.vault = MemoryVault(self.tombstones, self.journal)
        self.locks = FakeLocks(self.journal)
        self.gateway = FakeGateway(self.session, self.journal)
        self.server_clock = ServerClock()
        self.browser = FakeBrowser(self.clock, self.journal)
        self.provider_vault = FakeProviderVault()
        self.parts = Parts(
            self.gateway,
            self.vault,
            self.tombstones,
            self.locks,
            self.clock,
            self.server_clock,
            receive=self.browser.receive,
            open_browser=self.browser.open,
            provider_vault=self.provider_vault,
        )
        self.password = canary.secret("password")
        self.events: list[AuthChange] = []
        self.steps: list[Transition] = []
        self.clients: list[Tokens] = []
        self.own_clients: list[tuple[Tokens | None, tuple[str, ...]]] = []
        self.closed = 0
        self._canary = canary

    def session(self, session_id: str = "s1", user: User = ADA, *, life: float = 3600.0, left: float = 0.0) -> Session:
        """A session with tokens of its own, ``left`` seconds (else ``life``) before its end."""
        access, refresh = token(session_id, self._canary.secret("access")), self._canary.secret("refresh")
        self._canary.learn(access, "access token")
        return Session(access, refresh, self.clock.now() + (left or life), life, user)

    @asynccontextmanager
    async def auth(self, *, wait: bool = True) -> AsyncIterator[Auth]:
        """A running ``Auth``, restored from what lies in the vault."""
        auth = self.auth_now = Auth(self.parts, self._client, self._http, close=self._close, expects=False)
        auth.watch(self._step)
        auth.subscribe(self._event)
        async with auth:
            if wait:
                await until(lambda: self.events, what="INITIAL_SESSION")
                await settled()
            yield auth

    @asynccontextmanager
    async def signed_in(self, session: Session | None = None) -> AsyncIterator[Auth]:
        """A running ``Auth`` with somebody in it who was here before; what restoring did is forgotten."""
        self.vault.put(session or self.session())
        async with self.auth() as auth:
            self.forget()
            yield auth

    def forget(self) -> None:
        self.journal.clear()
        self.events.clear()
        self.steps.clear()
        self.gateway.calls.clear()

    @property
    def names(self) -> list[AuthEvent]:
        return [change.event for change in self.events]

    def who(self) -> SessionState:
        return self.auth_now.state.session

    def flow(self) -> Flow | None:
        return self.auth_now.state.flow

    @property
    def health(self) -> Health:
        session = self.who()
        assert isinstance(session, SignedIn)
        return session.health

    @property
    def keeper(self) -> Keeper:
        return self.auth_now._keeper

    @property
    def held(self) -> Session | None:
        """The session in memory."""
        return self.keeper.session

    def _step(self, transition: Transition) -> None:
        self.steps.append(transition)

    def _event(self, change: AuthChange) -> None:
        self.events.append(change)
        self.journal.append(change.event.value)

    async def _client(self, tokens: Tokens) -> Any:
        self.clients.append(tokens)
        return object()

    async def _http(self, tokens: Tokens | None, origins: tuple[str, ...]) -> Any:
        self.own_clients.append((tokens, origins))
        return object()

    async def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def world(canary: Canary) -> World:
    return World(canary)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody in this test waits a whole second for a keyring, or ten for a refresh."""
    monkeypatch.setattr(store_module, "_PATIENCE", 0.02)
    monkeypatch.setattr(keeper_module, "_HARD_WAIT", 0.02)
    monkeypatch.setattr(refreshing_module, "SLOW", 0.05)
