"""The keyring behind the core's ``Vault``, with the state file beside it that tells our own acts from everybody else's.

What the keyring holds is the truth, but a backup may bring back an old one, and only the state file knows that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Kept, Saved, Stored, Superseded, Tombstones, Unread, Unsaved

from .backends import open_keyring, usual_place
from .locks import FileLocks
from .precedence import outlived, refusal, session_of, signed_out
from .provider_record import Company
from .provider_store import Job
from .records import Backend, BackendError, Held, Records, beside_name, head_names
from .statefile import Mark, StateFile
from .vault_thread import VaultThread, itself

_log = logging.getLogger("desktopauth.vault")
_T = TypeVar("_T")


class Keyring(Backend, Protocol):
    """A records back end that can be unlocked beforehand, and knows its name and the largest value it takes."""

    @property
    def place(self) -> str: ...

    @property
    def part_size(self) -> int | None: ...

    def unlock(self, heads: Sequence[str]) -> None: ...

    def readable(self) -> bool: ...


class KeyringVault:
    """The session of ``entry`` in the system keyring. ``state`` and ``locks`` are of the same entry and folder."""

    def __init__(
        self, entry: str, *, state: StateFile, locks: FileLocks, keyring: Callable[[], Keyring] = open_keyring
    ) -> None:
        self._entry = entry
        self._state = state
        self._locks = locks
        self._open_keyring = keyring
        self._keyring: Keyring | None = None
        self._asking = False
        self._worker = VaultThread()
        self.company = Company()

    @property
    def place(self) -> str:
        return self._keyring.place if self._keyring else usual_place()

    @property
    def asking(self) -> bool:
        return self._asking

    def stamp(self) -> object:
        return self._state.stamp()

    async def load(self, *, quiet: bool = False) -> Stored:
        return await self._worker.ask(lambda: self._locked(self._load, quiet=quiet), Unread)

    async def save(self, text: str, *, session_id: str, over: int | None, quiet: bool = False) -> Kept:
        job = partial(self._save, text=text, session_id=session_id, over=over)
        return await self._worker.ask(lambda: self._locked(job, quiet=quiet, whole=over is None), Unsaved)

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        job = partial(self._clear, session_id=session_id)
        return await self._worker.ask(lambda: self._locked(job, whole=True), itself)

    async def beside(self, job: Job[_T], failed: Callable[[VaultProblem], _T]) -> _T:
        """``job(records, session)``: the record beside the session's, and what reads the latter. Never a prompt."""
        whole = partial(self._locked, lambda records: job(records.beside(), records.load), quiet=True, whole=True)
        return await self._worker.ask(whole, failed)

    async def forget(self) -> VaultProblem | None:
        """Remove the whole entry, unknown formats, tombstones, state and lock file included, for good."""
        return await self._worker.ask(self._forget, itself)

    def close(self) -> None:
        """Let the thread end after the jobs it has. Waits for nothing: a prompt may be open."""
        self._worker.close()

    def _locked(self, job: Callable[[Records], _T], *, quiet: bool = False, whole: bool = False) -> _T:
        """``whole``: it may touch what is beside the session as well."""
        keyring = self._keyring = self._keyring or self._open_keyring()
        if quiet and not keyring.readable():  # it says so by raising, too
            raise BackendError(VaultProblem.LOCKED)
        self._asking = True  # for as long as a prompt may be open
        try:
            heads = [*head_names(self._entry), *(head_names(beside_name(self._entry)) if whole else ())]
            keyring.unlock(heads)  # before the lock that every app is waiting for
        finally:
            self._asking = False
        with self._locks.store():
            return job(Records(keyring, self._entry, part_size=keyring.part_size))

    def _load(self, records: Records) -> Stored:
        stored = records.load()
        match stored:
            case Found():
                self._bury(stored)
                self._note(stored.generation, present=True)
            case Absent():
                self._note(0, present=False)
            case _:
                pass  # unread says nothing about what is there
        return stored

    def _bury(self, stored: Found) -> None:
        """Who was signed out does not come back with a backup: whoever asked will find the mark, and clear it again."""
        if signed_out(stored, self._state.read()) and (session_id := session_of(stored)):
            _log.warning("the keyring holds a session again that was signed out")
            self._state.lay(session_id)

    def _save(self, records: Records, *, text: str, session_id: str, over: int | None) -> Kept:
        if self._state.covers(session_id):
            return Superseded()
        mark = self._state.read()
        allow = partial(refusal, over=over, mark=mark, session_id=session_id)
        # the file remembers the generation over a clear, so that a late save cannot mistake a new session for its own
        with self._state.announced() as stored:
            kept = records.save(text, refusal=allow, floor=max(over or 0, mark.generation if mark else 0))
            if isinstance(kept, Saved):
                stored()
                self._note(kept.generation, present=True)
        if isinstance(kept, Saved):
            self.company.saved(records.beside(), session_id, new=over is None)
        return kept

    def _clear(self, records: Records, *, session_id: str | None) -> VaultProblem | None:
        stored, mark = records.load(), self._state.read()
        if session_id and isinstance(stored, Found):
            theirs = session_of(stored)
            if theirs is None:
                return VaultProblem.CORRUPT  # a later version's: it will heed the tombstone
            if theirs != session_id and not outlived(stored, mark):
                return None  # a sibling has stored it since: signing out of the old one is no reason to lose it
        trouble = self.company.cleared(records.beside())  # first: from a crash in between the session's brings us back
        seen = records.clear()
        left = records.load()
        if isinstance(left, Absent):
            self._note_clear(seen)
            return trouble
        return left.problem if isinstance(left, Unread) else VaultProblem.UNAVAILABLE

    def _forget(self) -> VaultProblem | None:
        self._locked(self._erase, whole=True)
        self._locks.remove()
        return None

    def _erase(self, records: Records) -> None:
        self._state.unmark()  # first: a copy that finds the keyring empty then knows that it was meant
        records.beside().erase()
        records.erase()
        self._state.remove()

    def _note(self, generation: int, *, present: bool) -> None:
        last = self._state.read() or Mark()
        try:
            self._state.write(replace(last, generation=max(generation, last.generation), present=present))
        except OSError as error:  # what it says is a hint; the keyring holds the truth
            _log.warning("the state file could not be written: %s", type(error).__name__)

    def _note_clear(self, seen: int) -> None:
        last = self._state.read() or Mark()
        highest = max(seen, last.generation)
        try:
            self._state.write(Mark(highest, present=False, cleared=highest))
        except OSError as error:  # on a full disk a file can still be removed, and says as much: nobody is expected
            _log.warning("the state file could not be written: %s", type(error).__name__)
            with suppress(OSError):
                self._state.unmark()


class MemoryVault:
    """The same contract with nothing kept beyond this process."""

    place = "memory"
    asking = False

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._stored: Stored = Absent()
        self._generation = 0  # never falls, so that no number is ever given to two sessions
        self._cleared = 0
        self._beside = Records(Held(), "beside")
        self.company = Company()

    def stamp(self) -> object:
        """Nobody else can change it."""
        return None

    async def load(self, *, quiet: bool = False) -> Stored:  # noqa: ARG002 - memory asks nobody
        return self._stored

    async def save(
        self,
        text: str,
        *,
        session_id: str,
        over: int | None,
        quiet: bool = False,  # noqa: ARG002 - memory asks nobody
    ) -> Kept:
        if self._tombstones.covers(session_id):
            return Superseded()
        mark = Mark(self._generation, cleared=self._cleared)
        if refused := refusal(self._stored, over=over, mark=mark, session_id=session_id):
            return refused
        self._generation += 1
        self._stored = Found(text, self._generation)
        self.company.saved(self._beside, session_id, new=over is None)
        return Saved(self._generation)

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        if session_id in (None, session_of(self._stored)):
            self._stored = Absent()
            self._cleared = self._generation
            self.company.cleared(self._beside)
        return None

    async def beside(self, job: Job[_T], failed: Callable[[VaultProblem], _T]) -> _T:  # noqa: ARG002
        return job(self._beside, lambda: self._stored)

    async def forget(self) -> VaultProblem | None:
        return await self.clear()

    def close(self) -> None:
        """Nothing to end."""


class MemoryTombstones:
    """Marks of signed-out sessions for a vault that forgets them anyway when the process ends."""

    def __init__(self) -> None:
        self._gone: set[str] = set()
        self._owed: set[str] = set()

    def lay(self, session_id: str) -> None:
        self._gone.add(session_id)

    def covers(self, session_id: str) -> bool:
        return session_id in self._gone

    def lift(self, session_id: str) -> None:
        self._gone.discard(session_id)

    def owe(self, session_id: str) -> None:
        self._owed.add(session_id)

    def owed(self) -> bool:
        return bool(self._owed)

    def paid(self, session_id: str) -> None:
        self._owed.discard(session_id)

    def forgive(self) -> None:
        self._owed.clear()


async def forget_entry(entry: str, folder: Path) -> VaultProblem | None:
    """Remove all of ``entry``: what the keyring holds, unknown formats too, and its files in ``folder``. None: it is.

    Raises OSError for the files.
    """
    vault = KeyringVault(entry, state=StateFile(folder, entry), locks=FileLocks(folder, entry))
    try:
        return await vault.forget()
    finally:
        vault.close()


def peek(entry: str, folder: Path) -> bool:
    """Whether the keyring holds anything of ``entry``, seen from outside. Blocks. Raises BackendError, OSError."""
    keyring = open_keyring()
    heads = head_names(entry)
    keyring.unlock(heads)
    with FileLocks(folder, entry).store():
        records = Records(keyring, entry)
        return records.exists() or records.beside().exists()
