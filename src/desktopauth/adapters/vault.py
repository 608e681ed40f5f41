"""The keyring behind the core's ``Vault``: one daemon thread owns every call, because a prompt may block it for ever.

The event loop only posts jobs and awaits answers, and an executor's thread would be waited for at exit.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session, UnknownFormatError
from desktopauth.core.ports import (
    Absent,
    Found,
    Kept,
    Saved,
    Stored,
    Superseded,
    Tombstones,
    Unread,
    Unsaved,
)

from .backends import open_keyring, usual_place
from .locks import FileLocks, LockBusyError
from .records import Backend, BackendError, Records, TooLargeError, head_names
from .statefile import Mark, StateFile

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
        self._worker = _Worker()

    @property
    def place(self) -> str:
        return self._keyring.place if self._keyring else usual_place()

    def stamp(self) -> object:
        return self._state.stamp()

    async def load(self) -> Stored:
        return await self._worker.ask(lambda: self._locked(self._load), Unread)

    async def save(self, text: str, *, session_id: str, over: int | None, quiet: bool = False) -> Kept:
        job = partial(self._save, text=text, session_id=session_id, over=over)
        return await self._worker.ask(lambda: self._locked(job, quiet=quiet), Unsaved)

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        job = partial(self._clear, session_id=session_id)
        return await self._worker.ask(lambda: self._locked(job), _itself)

    async def forget(self) -> VaultProblem | None:
        """Remove the whole entry, unknown formats, tombstones, state and lock file included, for good."""
        return await self._worker.ask(self._forget, _itself)

    def close(self) -> None:
        """Let the thread end after the jobs it has. Waits for nothing: a prompt may be open."""
        self._worker.close()

    def _locked(self, job: Callable[[Records], _T], *, quiet: bool = False) -> _T:
        keyring = self._keyring = self._keyring or self._open_keyring()
        if quiet:
            keyring.readable()  # raises where it would have to ask the person first
        keyring.unlock(head_names(self._entry))  # may prompt, so before the lock that every app is waiting for
        with self._locks.store():
            return job(Records(keyring, self._entry, part_size=keyring.part_size))

    def _load(self, records: Records) -> Stored:
        stored = records.load()
        match stored:
            case Found():
                self._note(stored.generation, present=True)
            case Absent():
                self._note(0, present=False)
            case _:
                pass  # unread says nothing about what is there
        return stored

    def _save(self, records: Records, *, text: str, session_id: str, over: int | None) -> Kept:
        if self._state.covers(session_id):
            return Superseded()
        # the file remembers the generation over a clear, so that a late save cannot mistake a new session for its own
        kept = records.save(text, over=over, floor=self._last().generation)
        if isinstance(kept, Saved):
            self._note(kept.generation, present=True)
        return kept

    def _clear(self, records: Records, *, session_id: str | None) -> VaultProblem | None:
        if session_id and _of_another(records.load(), session_id):
            return None
        seen = records.clear()
        left = records.load()
        if isinstance(left, Absent):
            self._note(seen, present=False)
            return None
        return left.problem if isinstance(left, Unread) else VaultProblem.UNAVAILABLE

    def _forget(self) -> VaultProblem | None:
        self._locked(Records.erase)
        self._state.remove()
        self._locks.remove()
        return None

    def _last(self) -> Mark:
        return self._state.read() or Mark()

    def _note(self, generation: int, *, present: bool) -> None:
        last = self._last()
        try:
            self._state.write(Mark(max(generation, last.generation), present))
        except OSError as error:  # what it says is a hint; the keyring holds the truth
            _log.warning("the state file could not be written: %s", type(error).__name__)


class MemoryVault:
    """The same contract with nothing kept beyond this process."""

    place = "memory"

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._stored: Stored = Absent()
        self._generation = 0  # never falls, so that no number is ever given to two sessions

    def stamp(self) -> object:
        """Nobody else can change it."""
        return None

    async def load(self) -> Stored:
        return self._stored

    async def save(
        self,
        text: str,
        *,
        session_id: str,
        over: int | None,
        quiet: bool = False,  # noqa: ARG002 - memory asks nobody
    ) -> Kept:
        current = self._stored.generation if isinstance(self._stored, Found) else None
        if self._tombstones.covers(session_id) or (over is not None and over != current):
            return Superseded()
        self._generation += 1
        self._stored = Found(text, self._generation)
        return Saved(self._generation)

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        if not (session_id and _of_another(self._stored, session_id)):
            self._stored = Absent()
        return None

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


def _of_another(stored: Stored, session_id: str) -> bool:
    """Whether a sibling has stored another session since: signing out of the old one is no reason to lose it."""
    try:
        return isinstance(stored, Found) and Session.from_json(stored.text).id != session_id
    except UnknownFormatError:
        return False


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
        return Records(keyring, entry).exists()


class _Worker:
    """One daemon thread that runs jobs in order. It starts with the first one."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def ask(self, job: Callable[[], _T], failed: Callable[[VaultProblem], _T]) -> _T:
        """Answer ``job()``, run on the thread, or ``failed(problem)``. Cancelled before it began, it is dropped."""
        if self._closed:
            return failed(VaultProblem.UNAVAILABLE)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_T] = loop.create_future()
        self._jobs.put(lambda: _run(job, failed, answer, loop))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="desktopauth-vault", daemon=True)
            self._thread.start()
        return await answer

    def close(self) -> None:
        self._closed = True
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _run(
    job: Callable[[], _T],
    failed: Callable[[VaultProblem], _T],
    answer: asyncio.Future[_T],
    loop: asyncio.AbstractEventLoop,
) -> None:
    if answer.cancelled():
        return
    result = _outcome(job, failed)
    try:
        loop.call_soon_threadsafe(_settle, answer, result)
    except RuntimeError:  # the loop is closed: what was done is done, and nobody is left to be told
        _log.debug("an answer of the keyring came after the end")


def _outcome(job: Callable[[], _T], failed: Callable[[VaultProblem], _T]) -> _T:
    try:
        return job()
    except BackendError as error:
        return failed(error.problem)
    except LockBusyError:
        return failed(VaultProblem.WAITING)
    except TooLargeError as error:
        _log.warning("not stored: %s", error)
    except Exception as error:  # noqa: BLE001 - the thread's outermost frame, and calls promise never to raise
        _log.warning("the keyring could not be used: %s", type(error).__name__)
    return failed(VaultProblem.UNAVAILABLE)


def _settle(answer: asyncio.Future[_T], result: _T) -> None:
    if not answer.done():  # the caller may have been cancelled meanwhile
        answer.set_result(result)


def _itself(problem: VaultProblem) -> VaultProblem | None:
    return problem
