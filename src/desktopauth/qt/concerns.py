"""The one quiet line over the work: of all that may be wrong around a session that goes on, what it speaks of.

It is never a reason to leave the work. What the person can mend now comes first, then what passes by itself, then what
has to be lived with.
"""

from __future__ import annotations

from typing import Literal

from desktopauth.core.errors import ErrorKind, VaultProblem
from desktopauth.core.state import Connection, Health
from desktopauth.qt.messages import sentence_of, unsaved_sentence

Concern = ErrorKind | VaultProblem | Connection | Literal["clock"]

RANK: tuple[Concern, ...] = (
    ErrorKind.CAPTIVE_PORTAL,
    ErrorKind.UNTRUSTED_CERTIFICATE,
    VaultProblem.OCCUPIED,
    VaultProblem.LOCKED,
    ErrorKind.KEYRING_SILENT,
    VaultProblem.WAITING,
    VaultProblem.FULL,
    "clock",
    ErrorKind.BAD_KEY,
    Connection.OFFLINE,
    Connection.DEGRADED,
    VaultProblem.DENIED,
    VaultProblem.CORRUPT,
    VaultProblem.TOO_LARGE,
    VaultProblem.UNAVAILABLE,
)
_CAUSES = {each for each in RANK if isinstance(each, ErrorKind)}
_SENTENCES: dict[Concern, str] = {
    ErrorKind.UNTRUSTED_CERTIFICATE: "This network's connection isn't private. Try another; you're still signed in.",
    VaultProblem.OCCUPIED: "Somebody else's sign-in is kept here. You'll be signed out when you quit.",
    VaultProblem.WAITING: "Your system keyring waits, perhaps for its password. You'll be signed out when you quit.",
    VaultProblem.FULL: "Your system keyring's disk may be full. You'll be signed out when you quit.",
    VaultProblem.CORRUPT: "What your system keyring holds can't be read. You'll be signed out when you quit.",
    "clock": "This computer's clock seems to be wrong. Sign-in keeps working, but it's best to set it right.",
    Connection.OFFLINE: "Offline. We'll reconnect by ourselves.",
    Connection.DEGRADED: "The sign-in service has trouble. You're still signed in here.",
}


def concern(health: Health) -> Concern | None:
    """What matters most now; None when all is well."""
    found: set[Concern] = {health.memory_only} if health.memory_only else set()
    if health.clock_off:
        found.add("clock")
    if health.cause in _CAUSES:
        found.add(health.cause)
    elif health.connection is not Connection.ONLINE:
        found.add(health.connection)
    return next((each for each in RANK if each in found), None)


def concern_sentence(about: Concern) -> str:
    """What the line says about it."""
    if about in _SENTENCES:
        return _SENTENCES[about]
    return unsaved_sentence(about) if isinstance(about, VaultProblem) else sentence_of(ErrorKind(about))
