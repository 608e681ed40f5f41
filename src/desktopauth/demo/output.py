"""Keep the last words of the server's child, without the secrets in them, for the day it dies.

Lite prints errors with whatever the request held. So nothing is written while all is well, and what is written after a
death has lost everything that looks like a secret or an address.
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
    r"|\$2[aby]\$\S+"  # password hashes
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"  # mail addresses
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"  # refresh tokens are UUIDs
    r"|\bsb_(?:secret|publishable)_\w+"
    r"|[\w-]{32,}"  # verifiers, hashes, secrets
    r"|\b\d{6}\b"  # codes
)


class Output:
    """The last lines of a stream, read on a daemon thread until it ends."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._thread = threading.Thread(
            target=self._read, args=(stream,), name="desktopauth-server-output", daemon=True
        )
        self._thread.start()

    def save(self, path: Path) -> None:
        """Write them, scrubbed, to a 0600 file. Raises ``OSError``."""
        self._thread.join(0.2)  # the stream ends with the process; what it still held should not be lost
        write_private(path, "".join(f"{line}\n" for line in tuple(self._lines)))

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.append(scrub(line.decode(errors="replace").rstrip()))


def scrub(line: str) -> str:
    """The line without anything that looks like a secret or a mail address."""
    return _SECRETS.sub("[removed]", line)[:_LONGEST]
