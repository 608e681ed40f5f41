"""What is known of an entry without asking the keyring: its last generation, and the marks of sessions signed out.

The first is the start-up hint, read before the window's first paint, and what a sibling process watches; the marks keep
a person out although the keyring may be locked or slow, and remember what the server was not told. None holds a secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .entry import file_stem, make_private

_FORMAT = 1
_GONE, _UNREVOKED = ".gone", ".unrevoked"


@dataclass(frozen=True, slots=True)
class Mark:
    """The last generation that was ever stored, whether it is there still, and up to which one we removed them.

    ``cleared`` is what tells a sign-out by some copy of the app from a keyring that was emptied behind our back.
    """

    generation: int = 0
    present: bool = False
    cleared: int = 0


class StateFile:
    """The files of one entry in ``folder``: ``<entry>.json``, and empty ones named by the fingerprint of a session.

    ``<entry>.tmp`` is there during a save, and after one that was cut off. ``<entry>.<fingerprint>.gone`` is a
    tombstone: signed out here. ``<entry>.<fingerprint>.unrevoked`` says that the server still has to be told. The JSON
    is written by the vault alone, under the store lock. A mark is a file of its own because making one is atomic, with
    nothing to read and change and so nothing to lock.
    """

    def __init__(self, folder: Path, entry: str) -> None:
        self._folder = folder
        self._stem = file_stem(entry)

    @property
    def path(self) -> Path:
        """The JSON file, for whoever wants to watch it."""
        return self._folder / f"{self._stem}.json"

    def expects_somebody(self) -> bool | None:
        """Whether a session is probably stored; None if nothing is known. Takes one small read."""
        mark = self.read()
        return None if mark is None else mark.present

    def read(self) -> Mark | None:
        """What was written last; None if it is missing or cannot be read, which is never an error."""
        try:
            body = json.loads(self.path.read_bytes())
            if body["v"] != _FORMAT:
                return None
            return Mark(int(body["generation"]), body["present"] is True, int(body.get("cleared", 0)))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    def stamp(self) -> object:
        """What differs after every write, and during a save, by whichever copy of the app; None while there is none."""
        written, coming = _moment(self.path), _moment(self._coming)
        return (written, coming) if written or coming else None

    @contextmanager
    def announced(self) -> Iterator[Callable[[], None]]:
        """Have copies of the app look from here on: who is killed after storing something can tell nobody.

        The block calls what it gets once something is stored, and then writes; else the stamp is what it was. Said by
        the file that the next write puts in the place of the other one: so it is taken back in the same moment in which
        that says more, and whoever watches comes once.
        """
        left, stored = self._left(), list[bool]()
        self._announce()
        try:
            yield lambda: stored.append(True)
        finally:
            if not stored:
                self._hush(left)

    def _left(self) -> tuple[int, int] | None:
        """What a save that was cut off has left, which not everybody may have heard of yet."""
        return _moment(self._coming)

    def _announce(self) -> None:
        with suppress(OSError):  # what it says is a hint; the keyring holds the truth
            self._make(self._coming)

    def _hush(self, left: tuple[int, int] | None) -> None:
        with suppress(OSError):
            if left:
                os.utime(self._coming, ns=(left[0], left[0]))
            else:
                self._coming.unlink(missing_ok=True)

    @property
    def _coming(self) -> Path:
        return self.path.with_suffix(".tmp")  # always the same one: the store lock admits one writer

    def write(self, mark: Mark) -> None:
        """Replace the file atomically, if it says anything else. Raises OSError."""
        if self.read() == mark:
            return
        body = {"v": _FORMAT, "generation": mark.generation, "present": mark.present, "cleared": mark.cleared}
        _write_private(make_private(self._folder) / self._coming.name, json.dumps(body).encode())
        self._coming.replace(self.path)

    def unmark(self) -> None:
        """Remove what was written, and leave the marks of sessions. Raises OSError."""
        for path in (self.path, self._coming):
            path.unlink(missing_ok=True)

    def lay(self, session_id: str) -> None:
        """Mark a session as signed out. Raises OSError if the mark could not be made."""
        self._make(self._mark(session_id, _GONE))

    def covers(self, session_id: str) -> bool:
        """Whether the session was signed out. Raises OSError if that cannot be told."""
        try:
            self._mark(session_id, _GONE).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def lift(self, session_id: str) -> None:
        """Take the mark away, once the keyring was read back empty. Raises OSError."""
        self._mark(session_id, _GONE).unlink(missing_ok=True)

    def owe(self, session_id: str) -> None:
        """Mark a session that is signed out here and still has to be revoked on the server. Raises OSError."""
        self._make(self._mark(session_id, _UNREVOKED))

    def owed(self) -> bool:
        """Whether the server was not told of some sign-out. Raises OSError if that cannot be told."""
        try:
            return any(self._named(path.name, _UNREVOKED) for path in self._folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def paid(self, session_id: str) -> None:
        """Take that mark away: the server knows. Raises OSError."""
        self._mark(session_id, _UNREVOKED).unlink(missing_ok=True)

    def forgive(self) -> None:
        """Take all of those marks away, once the person was told. Raises OSError."""
        self._remove(_UNREVOKED)

    def remove(self) -> None:
        """Remove all of this entry's files. Raises OSError."""
        self.unmark()
        self._remove(_GONE, _UNREVOKED)

    def _make(self, mark: Path) -> None:
        make_private(self._folder)
        _write_private(mark, b"")

    def _mark(self, session_id: str, kind: str) -> Path:
        from desktopauth.core.models import fingerprint  # not above: the hint is read before the first paint

        return self._folder / f"{self._stem}.{fingerprint(session_id)}{kind}"

    def _named(self, name: str, *kinds: str) -> bool:
        return name.startswith(f"{self._stem}.") and name.endswith(kinds)

    def _remove(self, *kinds: str) -> None:
        for path in [path for path in self._folder.glob(f"{self._stem}.*") if self._named(path.name, *kinds)]:
            path.unlink(missing_ok=True)


def _moment(path: Path) -> tuple[int, int] | None:
    """What differs between any two files of that name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only this user can read, and that is never somebody's link to another file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
