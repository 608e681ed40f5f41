"""Vaults for tests, with folders and entries that nobody else uses."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import Keyring, KeyringVault, MemoryTombstones, MemoryVault


def some_entry() -> str:
    return entry_name("Example", "https://project.test/auth/v1", secrets.token_hex(8))


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

    def close(self) -> None:
        self.vault.close()


class InMemory:
    def __init__(self) -> None:
        self.tombstones = MemoryTombstones()
        self.vault = MemoryVault(self.tombstones)

    def close(self) -> None:
        self.vault.close()
