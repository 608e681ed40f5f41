"""``--forget-session``: remove a keyring entry whole, whatever is in it, and who was here, as an uninstaller does.

It asks no server, and no password: an uninstaller must not hang behind a prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from desktopauth.adapters.entry import account_folder
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.remembered import Remembered
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import forget_entry
from desktopauth.core.errors import VaultProblem
from desktopauth.terminal.target import Target
from desktopauth.terminal.words import vault_sentence

_REMOVAL = 20.0  # seconds; no password is asked for


def forget(target: Target, say: Callable[[str], None]) -> int:
    """Remove it; 0 if nothing of it is left, also when nothing was there, else 1."""
    Remembered(target.profile.folder, target.entry).forget()
    if problem := "" if target.in_memory else _forget(target):
        say(f"The session was not removed. {problem}")
        return 1
    say("Nothing of a session is stored here.")
    return 0


def _forget(target: Target) -> str:
    try:
        seen = target.glance()
        problem = seen.problem
        if problem in (None, VaultProblem.CORRUPT):
            problem = asyncio.run(_erase(target.entry, account_folder(), keyring=not seen.unmade))
    except TimeoutError:
        problem = VaultProblem.WAITING
    except OSError as error:
        return f"The folder for locks can't be used: {error.strerror or error}"
    return vault_sentence(problem) if problem else ""


async def _erase(entry: str, folder: Path, *, keyring: bool) -> VaultProblem | None:
    if keyring:
        return await asyncio.wait_for(forget_entry(entry, folder), _REMOVAL)
    StateFile(folder, entry).remove()
    FileLocks(folder, entry).remove()
    return None
