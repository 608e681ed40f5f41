"""What is known of an entry without asking the keyring: its last generation, and the marks of sessions signed out.

The first is the start-up hint, read before the window's first paint, and what a sibling process watches; the second
keeps a person out although the keyring may be locked or slow. Neither holds a secret.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from .entry import file_stem, make_private

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """The last generation that was ever stored, and whether it is there still."""

    generation: int = 0
    present: bool = False


class StateFile:
    """The files of one entry in ``folder``: ``<entry>.json``, and an empty ``<entry>.<fingerprint>.gone`` a sign-out.

    The JSON is written by the vault alone, under the store lock. A tombstone is a file of its own because making one is
    atomic, with nothing to read and change and so nothing to lock.
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
            return Mark(int(body["generation"]), body["present"] is True)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    def stamp(self) -> tuple[int, int] | None:
        """What differs after every write, by whichever copy of the app; None while there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def write(self, mark: Mark) -> None:
        """Replace the file atomically, if it says anything else. Raises OSError."""
        if self.read() == mark:
            return
        new = self.path.with_suffix(".tmp")  # always the same one: the store lock admits one writer
        body = json.dumps({"v": _FORMAT, "generation": mark.generation, "present": mark.present})
        _write_private(make_private(self._folder) / new.name, body.encode())
        new.replace(self.path)

    def lay(self, session_id: str) -> None:
        """Mark a session as signed out. Raises OSError if the mark could not be made."""
        make_private(self._folder)
        _write_private(self._tombstone(session_id), b"")

    def covers(self, session_id: str) -> bool:
        """Whether the session was signed out. Raises OSError if that cannot be told."""
        try:
            self._tombstone(session_id).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def lift(self, session_id: str) -> None:
        """Take the mark away, once the keyring was read back empty. Raises OSError."""
        self._tombstone(session_id).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of this entry's files. Raises OSError."""
        for path in [self.path, self.path.with_suffix(".tmp"), *self._folder.glob(f"{self._stem}.*.gone")]:
            path.unlink(missing_ok=True)

    def _tombstone(self, session_id: str) -> Path:
        from desktopauth.core.models import fingerprint  # not above: the hint is read before the first paint

        return self._folder / f"{self._stem}.{fingerprint(session_id)}.gone"


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only this user can read, and that is never somebody's link to another file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
