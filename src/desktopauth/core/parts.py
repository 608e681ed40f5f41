"""What the keeper is given: the adapters it works with, and who hears of what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .events import AuthChange
from .ports import Clock, Gateway, Locks, Tombstones, Vault
from .reduce import Message
from .timing import ServerClock


class Listener(Protocol):
    """Who hears of what the keeper does."""

    def changed(self, message: Message) -> None:
        """The state moves on, at once and in silence."""

    def happened(self, change: AuthChange | None = None) -> None:
        """Tell everybody about the state as it is now; called when every lock is released."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the keeper works with."""

    gateway: Gateway
    vault: Vault
    tombstones: Tombstones
    locks: Locks
    clock: Clock
    server_clock: ServerClock
