"""A look at what is stored, without a prompt and without a change: for a command line that only reports.

The vault, in contrast, unlocks the keyring first, and waits for as long as the person takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session, UnknownFormatError
from desktopauth.core.ports import Absent, Found, Stored, Unread

from .backends import class_name, open_keyring, platform_class, usual_place
from .locks import FileLocks, LockBusyError
from .precedence import signed_out
from .records import BackendError, Records
from .statefile import StateFile


@dataclass(frozen=True, slots=True)
class Glance:
    """Where it was looked, and what came of it: a session, nobody (neither), or the problem that hides the answer.

    ``signed_out`` marks a session that is over although the keyring still holds it; ``unmade`` a keyring that is not
    there yet: the system would ask for a password to make one.
    """

    place: str
    session: Session | None = None
    problem: VaultProblem | None = None
    signed_out: bool = False
    unmade: bool = False


def glance(entry: str, folder: Path) -> Glance:
    """What is stored of ``entry``, whose locks and state lie in ``folder``. Blocks.

    A locked Secret Service is reported and not unlocked. A macOS Keychain may still ask whether this program may read.
    """
    place = usual_place()
    try:
        keyring = open_keyring()
        place = keyring.place
        if not keyring.readable():
            return Glance(place, unmade=True)
        with FileLocks(folder, entry).store():
            return _seen(Records(keyring, entry, part_size=keyring.part_size).load(), place, StateFile(folder, entry))
    except BackendError as error:
        return Glance(place, problem=error.problem)
    except LockBusyError:
        return Glance(place, problem=VaultProblem.WAITING)
    except OSError:
        return Glance(place, problem=VaultProblem.UNAVAILABLE)


def look_at_keyring() -> tuple[str, VaultProblem | None]:
    """The keyring that would be used, with its class, and what keeps it from being read without a prompt. Blocks."""
    name = f"{usual_place()} ({class_name(platform_class())})"
    try:
        keyring = open_keyring()
        name = f"{keyring.place} ({keyring.class_name})"
        keyring.readable()
    except BackendError as error:
        return name, error.problem
    return name, None


def _seen(stored: Stored, place: str, state: StateFile) -> Glance:
    match stored:
        case Found():
            try:
                session = Session.from_json(stored.text)
            except UnknownFormatError:
                return Glance(place, problem=VaultProblem.CORRUPT)
            return Glance(place, session, signed_out=signed_out(stored, state.read()) or state.covers(session.id))
        case Absent():
            return Glance(place)
        case Unread(problem):
            return Glance(place, problem=problem)
