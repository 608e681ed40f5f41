"""What a second copy of the app does with the vault, as a process of its own that tests start and kill.

``save FOLDER ENTRY TEXT STEP`` saves, and kills itself before the given write; ``clear FOLDER ENTRY - STEP`` likewise;
``rotate FOLDER ENTRY NAME TIMES`` loads and saves over what it loaded, and prints how many saves were kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from desktopauth.adapters.backends import SystemKeyring, open_keyring
from desktopauth.core.models import Session
from desktopauth.core.ports import Absent, Found, Saved, Superseded
from tests.adapters.vaults import InKeyring, a_session

PART = 90  # characters: a few parts for a short text


class Suicidal:
    """The real keyring, in small parts, and SIGKILL before the write with the given number (none if it is too high)."""

    part_size = PART

    def __init__(self, keyring: SystemKeyring, step: int) -> None:
        self.place = keyring.place
        self._keyring, self._left = keyring, step
        self.unlock, self.readable, self.get = keyring.unlock, keyring.readable, keyring.get

    def set(self, service: str, value: str) -> None:
        self._one_less()
        self._keyring.set(service, value)

    def delete(self, service: str) -> None:
        if self._keyring.get(service) is not None:
            self._one_less()
            self._keyring.delete(service)

    def _one_less(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def small_parts(step: int = 0) -> Callable[[], Suicidal]:
    return lambda: Suicidal(open_keyring(), step)


async def main(what: str, folder: Path, entry: str, text: str, number: int) -> None:
    ours = InKeyring(folder, entry, small_parts(number if what != "rotate" else 0))
    match what:
        case "save":
            assert isinstance(await ours.vault.save(text, session_id=text[:3], over=None), Saved)
        case "clear":
            assert await ours.vault.clear() is None
        case "rotate":
            sys.stdout.write(f"{await rotate(ours, text, number)}\n")
        case _:
            raise ValueError(what)
    ours.close()


def turned(name: str, number: int) -> Session:
    """The session of both after a refresh by ``name``."""
    return a_session("both", number + (100 if name == "bob" else 0))


async def rotate(ours: InKeyring, name: str, times: int) -> int:
    """As refreshing does, but without the refresh lock, so that the two get in each other's way."""
    kept = 0
    for number in range(times):
        stored = await ours.vault.load()
        assert isinstance(stored, Found | Absent), stored
        over = stored.generation if isinstance(stored, Found) else None
        saved = await ours.save(turned(name, number), over=over)
        assert isinstance(saved, Saved | Superseded), saved
        kept += isinstance(saved, Saved)
    return kept


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])))
