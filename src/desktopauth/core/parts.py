"""What the keeper is given: the adapters it works with, and who hears of what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from .events import AuthChange
from .ports import Clock, Gateway, Locks, ProviderVault, Tombstones, Vault
from .redirect import Receiver
from .reduce import Message
from .timing import ServerClock


class Nudge(StrEnum):
    """What makes the session look earlier than at its next due moment; each can be left out."""

    FOCUS = "focus"  # the person is back at the window
    NETWORK = "network"  # the network is back
    WAKE = "wake"  # the machine slept, or its clock was set
    SIBLING = "sibling"  # another copy of the app has stored or cleared something
    UNAUTHORIZED = "unauthorized"  # a data call's token was refused


def _nothing() -> None:
    return None


def _no_receiver() -> AbstractAsyncContextManager[Receiver]:
    raise OSError("no receiver was given")


async def _no_browser(_url: str) -> bool:
    return False


class Listener(Protocol):
    """Who hears of what the keeper does."""

    def changed(self, message: Message) -> None:
        """The state moves on, at once and in silence."""

    def happened(self, change: AuthChange | None = None) -> None:
        """Tell everybody about the state as it is now; called when every lock is released."""

    def work_is_open(self) -> bool:
        """Whether there is unsaved work that a sign-out in another copy of the app must not sweep away."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the keeper works with.

    ``nudges`` are those that count. ``roused`` is called when what was given up may work again: the network is back,
    the machine woke; it must not raise. ``receive`` makes a receiver for one attempt through a browser (entering it
    raises OSError where this machine gives no port), ``open_browser`` sends the person to an address and says whether
    that could be done. ``provider_vault`` keeps what providers give for their own APIs; ``scopes`` says what each is
    asked for beyond its usual, separated by spaces. ``mail_links``: whether the links of mails lead back to the app.
    """

    gateway: Gateway
    vault: Vault
    tombstones: Tombstones
    locks: Locks
    clock: Clock
    server_clock: ServerClock
    nudges: frozenset[Nudge] = frozenset(Nudge)
    roused: Callable[[], None] = _nothing
    receive: Callable[[], AbstractAsyncContextManager[Receiver]] = _no_receiver
    open_browser: Callable[[str], Awaitable[bool]] = _no_browser
    provider_vault: ProviderVault | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)
    mail_links: bool = False
