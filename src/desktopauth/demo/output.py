"""Keep the last words of the server's child, without the secrets in them, for the day it dies.

Lite prints errors with whatever the request held. So nothing is written while all is well; of what is printed while
requests are answered, only kinds and places of errors are kept; and all of it loses what looks like a secret.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from pathlib import Path
from typing import IO

from desktopauth.demo.private import write_private

_LINES = 200
_LONGEST = 400  # characters of one line
_SECRETS = re.compile(
    r"eyJ[\w.-]+"  # JSON web tokens
    r"|\$2[aby]\$[\w$./]+"  # password hashes
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"  # mail addresses
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"  # refresh tokens are UUIDs
    r"|\bsb_(?:secret|publishable)_\w+"
    r"|[\w-]{32,}"  # verifiers, hashes, secrets
    r"|\b\d{6}\b"  # codes
)

_SKELETON = re.compile(r"\s+at .*|\s*(?:code|errcode|errno|syscall): '?\w+'?|\w*Error\b")


class Output:
    """The last lines of a stream, read on a daemon thread until it ends."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._serving = False
        self._thread = threading.Thread(
            target=self._read, args=(stream,), name="desktopauth-server-output", daemon=True
        )
        self._thread.start()

    def serving(self) -> None:
        """From now on requests are answered, and a message may quote one: only where and what kind is kept."""
        self._serving = True

    def save(self, path: Path) -> None:
        """Write them, scrubbed, to a 0600 file. Raises ``OSError``."""
        self._thread.join(0.2)  # the stream ends with the process; what it still held should not be lost
        write_private(path, "".join(f"{line}\n" for line in tuple(self._lines)))

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                kept = skeleton(line) if self._serving else line
                if kept:
                    self._lines.append(scrub(kept))


def skeleton(line: str) -> str:
    """What kind of error, its code, and where: a stack frame, or the start of the line; empty for any other line."""
    found = _SKELETON.match(line)
    return found.group() if found else ""


def scrub(line: str) -> str:
    """The line without anything that looks like a secret or a mail address."""
    return _SECRETS.sub("[removed]", line)[:_LONGEST]
