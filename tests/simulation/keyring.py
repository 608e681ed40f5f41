"""The system keyring of the machine: it keeps values, and it locks, asks, refuses, goes away and takes its time.

``flavour`` says whose rules it keeps: on Windows a session is cut into parts, on macOS an overwrite removes first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from desktopauth.adapters.records import BackendError, Records
from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session, UnknownFormatError
from desktopauth.core.ports import Found
from tests.simulation.machine import Process
from tests.simulation.thread import wait_here

Flavour = Literal["linux", "windows", "macos"]
Trouble = Literal["", "locked", "refusing", "gone", "slow"]


@dataclass
class Vessel:
    """What is kept, and the trouble that the keyring is in. ``hit`` is told whenever that trouble stopped somebody."""

    flavour: Flavour
    rng: random.Random
    hit: Callable[[str], None]
    held: dict[str, str] = field(default_factory=dict)
    trouble: Trouble = ""
    patience: float = 5.0  # seconds until the person answers a prompt
    says_yes: bool = True

    @property
    def part_size(self) -> int | None:
        return 1000 if self.flavour == "windows" else None

    @property
    def refuses(self) -> bool:
        """Whether it does not take what is to be saved; a slow one does."""
        return self.trouble not in ("", "slow")

    def stored(self, entry: str) -> Session | None:
        """What a look from outside finds: the truth, whatever trouble there is."""
        found = Records(_Plain(self.held), entry, part_size=self.part_size).load()
        try:
            return Session.from_json(found.text) if isinstance(found, Found) else None
        except UnknownFormatError:
            return None


class _Plain:
    """The bare values."""

    def __init__(self, held: dict[str, str]) -> None:
        self.held = held

    def get(self, service: str) -> str | None:
        return self.held.get(service)

    def set(self, service: str, value: str) -> None:
        self.held[service] = value

    def delete(self, service: str) -> None:
        self.held.pop(service, None)


class Hand:
    """One process's access to the keyring: the back end of the product's records. Each access is a step."""

    place = "the machine's keyring"

    def __init__(self, vessel: Vessel, process: Process) -> None:
        self._vessel, self._process = vessel, process
        self.part_size = vessel.part_size
        self.unhurried = False  # whether each access takes a moment, in which others act
        self.waited = False  # whether who asks has waited already for what is slow

    def unlock(self, heads: Sequence[str]) -> None:
        self._process.step("read unlock")
        if self._vessel.trouble == "locked":
            self._vessel.hit("keyring_locked")
            wait_here(self._vessel.patience)
            if self._vessel.trouble == "locked":
                if not self._vessel.says_yes:
                    raise BackendError(VaultProblem.DENIED)
                self._vessel.trouble = ""

    def readable(self) -> bool:
        self._process.step("read readable")
        if self._vessel.trouble == "locked":
            self._vessel.hit("keyring_locked")
            raise BackendError(VaultProblem.LOCKED)
        return True

    def get(self, service: str) -> str | None:
        self._access("read get")
        return self._vessel.held.get(service)

    def set(self, service: str, value: str) -> None:
        self._access("save set", writing=True)
        if self._vessel.flavour == "macos" and service in self._vessel.held:
            del self._vessel.held[service]
            self._process.step("save between")
        self._vessel.held[service] = value
        self._process.step("save done")

    def delete(self, service: str) -> None:
        self._access("save delete", writing=True)
        if self._vessel.held.pop(service, None) is not None:
            self._process.step("save deleted")

    def _access(self, where: str, *, writing: bool = False) -> None:
        self._process.step(where)
        vessel = self._vessel
        if vessel.trouble == "slow" and not self.waited:
            vessel.hit("keyring_slow")
            wait_here(vessel.rng.uniform(0.2, 4.0))
        elif self.unhurried:
            wait_here(vessel.rng.uniform(0.001, 0.2))
        if vessel.trouble == "locked":
            raise BackendError(VaultProblem.LOCKED)
        if vessel.trouble == "gone" or (writing and vessel.trouble == "refusing"):
            vessel.hit(f"keyring_{vessel.trouble}")
            raise BackendError(VaultProblem.UNAVAILABLE)
        self._process.step(where)
