"""Read the mails that the demo's server "sent": one line of JSON each, in a file in the server's folder.

The window shows the code from here ("your demo mailbox says 123456"), and tests and the tour read it the same way.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: ``at`` in seconds since the epoch, by this machine's clock; the contents never show in a repr."""

    at: float
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False, default="")

    @property
    def code(self) -> str | None:
        """The six digits that the person is to type, if the mail has any."""
        found = _CODE.search(self.text)
        return found.group() if found else None


class Mailbox:
    """The mailbox file at ``path``; it need not exist yet. Nothing here raises for what the file holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._mails: tuple[Mail, ...] = ()

    def mails(self, email: str | None = None, since: float = 0) -> tuple[Mail, ...]:
        """The mails to ``email`` (or to anybody) from ``since`` on, in seconds since the epoch, the oldest first."""
        self._read()
        wanted = None if email is None else email.strip().casefold()
        return tuple(m for m in self._mails if m.at >= since and wanted in (None, m.to.casefold()))

    def latest_code(self, email: str, since: float = 0) -> str | None:
        """The code of the newest mail to ``email`` that has one."""
        return next((mail.code for mail in reversed(self.mails(email, since)) if mail.code), None)

    async def wait_for_code(self, email: str, since: float = 0, *, patience: float = 10) -> str:
        """The same, waiting up to ``patience`` seconds for the mail. Raises ``TimeoutError``."""
        deadline = time.monotonic() + patience
        while (code := self.latest_code(email, since)) is None:
            if time.monotonic() >= deadline:
                raise TimeoutError("no mail with a code has come")
            await asyncio.sleep(_POLL)
        return code

    def _read(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return
            content = self._path.read_bytes()
        except OSError:
            self._seen, self._mails = None, ()
            return
        # A line without its end is still being written; it counts once it is whole.
        self._mails = tuple(_mails(content.splitlines(keepends=True)))
        self._seen = seen


def _mails(lines: list[bytes]) -> Iterator[Mail]:
    for line in lines:
        if line.endswith(b"\n") and (mail := _mail(line)) is not None:
            yield mail


def _mail(line: bytes) -> Mail | None:
    try:
        fields = json.loads(line)
        at, *texts = fields["at"], fields["to"], fields["subject"], fields.get("text", ""), fields.get("html", "")
        return Mail(float(at), *map(_text, texts))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
