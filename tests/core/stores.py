"""What the core keeps on disk and in a keyring, in memory and in our hand: tombstones, a vault, locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import ProviderTokens, Session
from desktopauth.core.ports import Absent, Found, Kept, Saved, Stored, Superseded
from tests.core.fakes import Script


class FakeTombstones:
    """Marks in memory. ``broken`` makes each of the named operations fail as a full or foreign disk does."""

    def __init__(self, journal: list[str]) -> None:
        self.laid: set[str] = set()
        self.owing: set[str] = set()
        self.broken: set[str] = set()
        self._journal = journal

    def lay(self, session_id: str) -> None:
        self._try("lay")
        self.laid.add(session_id)

    def covers(self, session_id: str) -> bool:
        self._try("covers", silent=True)
        return session_id in self.laid

    def lift(self, session_id: str) -> None:
        if session_id in self.laid:
            self._try("lift")
            self.laid.discard(session_id)

    def owe(self, session_id: str) -> None:
        self._try("owe")
        self.owing.add(session_id)

    def owed(self) -> bool:
        self._try("owed", silent=True)
        return bool(self.owing)

    def paid(self, session_id: str) -> None:
        if session_id in self.owing:
            self._try("paid")
            self.owing.discard(session_id)

    def forgive(self) -> None:
        self._try("forgive")
        self.owing.clear()

    def _try(self, what: str, *, silent: bool = False) -> None:
        if not silent:
            self._journal.append(f"tombstone {what}")
        if what in self.broken:
            raise OSError(28, "No space left on device")


class MemoryVault:
    """A keyring in memory that keeps the vault's promises: calls queue up, ``over`` and tombstones are checked."""

    place = "memory of the test"

    def __init__(self, tombstones: FakeTombstones, journal: list[str]) -> None:
        self.stored: Found | None = None
        self.last_generation = 0
        self.cleared = 0  # the highest generation that a sign-out has removed
        self.siblings_acts = 0
        self.quiet_loads = 0
        self.asking = False  # whether a prompt is open
        self.script = Script()
        self.calls: list[str] = []
        self._tombstones, self._journal = tombstones, journal
        self._queue = asyncio.Lock()

    @property
    def session(self) -> Session | None:
        """What a copy of the app that starts now would find."""
        return Session.from_json(self.stored.text) if self.stored else None

    def put(self, session: Session) -> None:
        """As if another copy of the app had saved it."""
        self.siblings_acts += 1
        self.last_generation += 1
        self.stored = Found(session.to_json(), self.last_generation)

    def wipe(self) -> None:
        """As if another copy of the app had signed out and cleared it."""
        self.siblings_acts += 1
        self.stored, self.cleared = None, self.last_generation

    def lose(self) -> None:
        """As if it had been emptied from outside."""
        self.siblings_acts += 1
        self.stored = None

    def bring_back(self, session: Session, generation: int) -> None:
        """As if a backup had been played back."""
        self.siblings_acts += 1
        self.stored = Found(session.to_json(), generation)

    def stamp(self) -> object:
        return self.siblings_acts

    async def load(self, *, quiet: bool = False) -> Stored:
        self.quiet_loads += quiet
        return await self._do("load", lambda: self.stored or Absent())

    async def save(self, text: str, *, session_id: str, over: int | None, quiet: bool = False) -> Kept:
        def keep() -> Kept:
            there = self.stored.generation if self.stored else 0
            gone = self.stored is None and over is not None and self.cleared >= over
            if session_id in self._tombstones.laid or gone or (over is not None and there > over):
                return Superseded()
            self.last_generation += 1
            self.stored = Found(text, self.last_generation)
            return Saved(self.last_generation)

        return await self._do("quiet save" if quiet else "save", keep)

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        def wipe() -> None:
            if self.stored and session_id in (None, Session.from_json(self.stored.text).id):
                self.stored, self.cleared = None, self.last_generation

        return await self._do("clear", wipe)

    async def _do(self, name: str, default: Callable[[], Any]) -> Any:
        self.calls.append(name)
        async with self._queue:
            answer = await self.script.play(name, default)
            self._journal.append(name)
            return answer


class FakeProviderVault:
    """A keyring's record of what providers gave, of one session at a time."""

    def __init__(self) -> None:
        self.owner = ""
        self.stored: dict[str, ProviderTokens] = {}
        self.problem: VaultProblem | None = None
        self.calls: list[str] = []
        self.script = Script()

    async def load(self, *, session_id: str) -> Mapping[str, ProviderTokens] | None:
        self.calls.append("load")
        await self.script.play("load", lambda: None)
        if self.problem:
            return None
        return dict(self.stored) if session_id == self.owner else {}

    async def save(self, tokens: Mapping[str, ProviderTokens], *, session_id: str) -> VaultProblem | None:
        self.calls.append("save")
        if self.problem is None:
            self.owner, self.stored = session_id, dict(tokens)
        return self.problem


class FakeLocks:
    """The refresh lock; ``waiting`` counts who wants it. ``broken`` is raised instead of taking it."""

    def __init__(self, journal: list[str]) -> None:
        self.lock = asyncio.Lock()
        self.broken: Exception | None = None
        self.on_release: Callable[[], None] = lambda: None
        self._journal = journal

    def refresh(self) -> AbstractAsyncContextManager[None]:
        return self._held()

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        if self.broken:
            raise self.broken
        async with self.lock:
            self._journal.append("locked")
            try:
                yield
            finally:
                self.on_release()
                self._journal.append("released")
