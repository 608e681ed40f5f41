"""Who may open the window of an entry: the first start, and nobody else while it lives.

A kernel lock decides, never whether some file or socket is there: the system drops it when its holder dies. It is taken
before the first paint, where importing filelock would cost more than the whole window may.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from .entry import file_stem, make_private

_LONGEST = 100  # characters: Linux takes 107 in a socket's path, macOS 103


class InstanceLock:
    """The right to open the window of ``entry``, as a file in ``folder``, which is this user's alone.

    ``problem`` is set where the rule cannot be kept, as on a disk without locks: then every start may open its window,
    which the copies of an app survive well.
    """

    def __init__(self, folder: Path, entry: str) -> None:
        self._path = folder / f"{file_stem(entry)}.window"
        self._file: int | None = None
        self.problem: OSError | None = None

    def take(self) -> bool:
        """Take it if it is free; True too where nobody could."""
        while self._file is None:
            try:
                file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            except OSError as problem:
                self.problem = problem
                return True
            if not self._locked(file):
                os.close(file)
                return self.problem is not None
            if self._still_there(file):
                self._file = file
            else:  # the last holder took the file along while we opened it
                os.close(file)
        return True

    def release(self) -> None:
        """Let the next one in, and leave nothing behind."""
        if self._file is None:
            return
        if sys.platform != "win32":  # before: afterwards it may be the next one's
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None
        if sys.platform == "win32":
            with suppress(OSError):  # the next one has it open, and then it may not be removed
                self._path.unlink()

    def address(self) -> str:
        """Where the first start listens for others: a socket's path, or a pipe's name. Raises OSError.

        On Unix it lies in a folder that only this user can enter; in one below /tmp if the usual place is too deep.
        """
        name = hashlib.sha256(os.fsencode(self._path)).hexdigest()[:16]
        if sys.platform == "win32":
            return f"desktopauth-{name}"
        usual = self._path.with_name(f"{name}.sock")
        if len(os.fsencode(usual)) <= _LONGEST:
            return str(usual)
        return str(make_private(Path(f"/tmp/desktopauth-{os.getuid()}")) / usual.name)  # noqa: S108 - checked to be ours

    def _locked(self, file: int) -> bool:
        try:
            return _lock(file)
        except OSError as problem:
            self.problem = problem
            return False

    def _still_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


if sys.platform == "win32":

    def _lock(file: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:

    def _lock(file: int) -> bool:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
