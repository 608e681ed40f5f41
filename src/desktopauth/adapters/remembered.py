"""What the sign-in view remembers of last time: the door that was used and the e-mail address. No secret is in it.

It is a convenience: what cannot be read is not remembered, what cannot be written is forgotten, and neither is told.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

from .entry import file_stem

_FORMAT = 1
_LONGEST = 4096  # bytes of the file; an address has 254 characters at most (RFC 5321 §4.5.3.1)
_DOOR = re.compile(r"[a-z0-9][a-z0-9_:.-]{0,63}")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f]{1,254}")
_log = logging.getLogger("desktopauth.remembered")


class Remembered:
    """What is remembered in a profile's ``folder``, of one ``entry`` of the keyring where a profile has several.

    ``door`` is ``password``, ``code`` or a provider's name, ``email`` an address or a phone number; empty for nothing.
    """

    def __init__(self, folder: Path, entry: str = "") -> None:
        self._file = folder / (f"last-{file_stem(entry)}.json" if entry else "last.json")
        self._known = _read(self._file)

    @property
    def door(self) -> str:
        return self._known[0]

    @property
    def email(self) -> str:
        return self._known[1]

    def note(self, door: str, email: str) -> None:
        """Somebody came in by this door and with this address."""
        known = _checked(door, email)
        if known != self._known:
            self._known = known
            self._attempt(self._write)

    def forget(self) -> None:
        """Nothing is remembered any more."""
        self._known = ("", "")
        self._attempt(self._remove)

    def _write(self) -> None:
        import secrets  # not above: it loads OpenSSL, which the first paint does not need

        body = {"v": _FORMAT, "door": self.door, "email": self.email}
        new = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}.tmp")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
                made.write(json.dumps(body).encode())
            new.replace(self._file)
        except OSError:
            self._file.unlink(missing_ok=True)  # rather nothing than an older one
            raise
        finally:
            new.unlink(missing_ok=True)

    def _remove(self) -> None:
        self._file.unlink(missing_ok=True)
        for left in self._file.parent.glob(f"{self._file.name}.*.tmp"):  # by who was killed in the middle
            left.unlink(missing_ok=True)

    def _attempt(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            _log.info("what was remembered could not be changed: %s", type(error).__name__)


def _read(file: Path) -> tuple[str, str]:
    try:
        with file.open("rb") as there:
            text = there.read(_LONGEST + 1)
        body = json.loads(text)
        if body["v"] == _FORMAT and len(text) <= _LONGEST:
            return _checked(str(body["door"]), str(body["email"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass  # whatever it is, it helps nobody
    return "", ""


def _checked(door: str, email: str) -> tuple[str, str]:
    return door if _DOOR.fullmatch(door) else "", email if _ADDRESS.fullmatch(email) else ""
