"""Vaults for tests, with folders and entries that nobody else uses."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.records import BackendError
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import Keyring, KeyringVault, MemoryTombstones, MemoryVault
from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session, User
from desktopauth.core.ports import Kept


def some_entry() -> str:
    return entry_name("Example", "https://project.test/auth/v1", secrets.token_hex(8))


def a_session(person: str, turn: int = 0) -> Session:
    """One and the same session of that person, ``turn`` refreshes later."""
    return Session(f"access {turn} of {person}", f"refresh {turn} of {person}", 2e9, 3600, User(person))


@dataclass
class InKeyring:
    """A keyring vault with its files in ``folder``; two of the same entry and folder are two copies of one app."""

    folder: Path
    entry: str = field(default_factory=some_entry)
    keyring: Callable[[], Keyring] = open_keyring

    def __post_init__(self) -> None:
        self.tombstones = StateFile(self.folder, self.entry)
        self.locks = FileLocks(self.folder, self.entry)
        self.vault = KeyringVault(self.entry, state=self.tombstones, locks=self.locks, keyring=self.keyring)

    async def save(self, session: Session, over: int | None = None) -> Kept:
        return await self.vault.save(session.to_json(), session_id=session.id, over=over)

    def close(self) -> None:
        self.vault.close()


class InMemory:
    def __init__(self) -> None:
        self.tombstones = MemoryTombstones()
        self.vault = MemoryVault(self.tombstones)

    def close(self) -> None:
        self.vault.close()


class Prompting:
    """A keyring whose prompt stays open until somebody answers."""

    place = "a keyring with a prompt"
    part_size = None

    def __init__(self) -> None:
        self.open, self.answered = threading.Event(), threading.Event()
        self.held: dict[str, str] = {}

    def readable(self) -> bool:
        if not self.answered.is_set():
            raise BackendError(VaultProblem.LOCKED)
        return True

    def unlock(self, heads: Sequence[str]) -> None:
        self.open.set()
        self.answered.wait()

    def get(self, service: str) -> str | None:
        return self.held.get(service)

    def set(self, service: str, value: str) -> None:
        self.held[service] = value

    def delete(self, service: str) -> None:
        self.held.pop(service, None)
