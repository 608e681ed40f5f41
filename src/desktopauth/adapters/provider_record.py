"""The record of providers' own tokens beside a session: its text, and what becomes of it with the session.

It names the session that it belongs to, so that one which outlived its session is known and given to nobody. All that
takes ``Records`` is called under the vault's lock.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import ProviderTokens, UnknownFormatError
from desktopauth.core.ports import Found, Stored, Unread, Unsaved

from .records import BackendError, Records, TooLargeError

_FORMAT = 1
_log = logging.getLogger("desktopauth.vault")


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """The tokens of one session by provider (``github``, ``custom:acme``)."""

    session_id: str
    tokens: Mapping[str, ProviderTokens] = field(repr=False)

    def to_json(self) -> str:
        """The stored form: pure ASCII, so that one character is one unit in every keyring."""
        tokens = {
            name: {"access_token": each.access_token, "refresh_token": each.refresh_token}
            for name, each in self.tokens.items()
        }
        whole = {"v": _FORMAT, "session_id": self.session_id, "tokens": tokens}
        return json.dumps(whole, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the stored form. Raises UnknownFormatError, whose text holds nothing of what was stored."""
        try:
            body = json.loads(text)
            if body["v"] != _FORMAT:
                raise UnknownFormatError("stored by another version")
            tokens = {
                str(name): ProviderTokens(str(each["access_token"]), str(each["refresh_token"]))
                for name, each in body["tokens"].items()
            }
            return cls(str(body["session_id"]), tokens)
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
            raise UnknownFormatError("not provider tokens of this version") from None


class Company:
    """What waits to be stored beside the session, and what happens to the record when the session is saved or cleared.

    The event loop writes what waits and the vault's thread takes it away.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: ProviderRecord | None = None

    def wait(self, record: ProviderRecord) -> None:
        """Store this when it can be, in place of what waited before."""
        with self._guard:
            self._waiting = record

    def waiting(self, session_id: str) -> ProviderRecord | None:
        """What waits for this session."""
        found = self._waiting
        return found if found and found.session_id == session_id else None

    def forget(self, record: ProviderRecord | None) -> None:
        """It need not wait any longer; what came since goes on waiting."""
        with self._guard:
            if self._waiting is record:
                self._waiting = None

    def settle(self, records: Records, session_id: str) -> VaultProblem | None:
        """Store what waits for this session, which is stored itself. Raises BackendError, TooLargeError."""
        record = self.waiting(session_id)
        problem = write(records, record) if record else None
        if problem is None:
            self.forget(record)
        return problem

    def saved(self, records: Records, session_id: str, *, new: bool) -> None:
        """The session is safe, whatever becomes of this: out with another one's, and in with what waits."""
        try:
            problem = (sweep(records, stays=session_id) if new else None) or self.settle(records, session_id)
        except BackendError as error:
            problem = error.problem
        except TooLargeError:
            problem = VaultProblem.TOO_LARGE
        if problem:
            _log.info("what goes with the session was not saved: %s", problem)

    def cleared(self, records: Records) -> VaultProblem | None:
        """The session goes, and trouble here is no reason to leave it."""
        self.forget(self._waiting)
        try:
            return sweep(records)
        except BackendError as error:
            return error.problem


def record_in(stored: Stored) -> ProviderRecord | VaultProblem | None:
    """What was stored, None for nothing; the problem that hides it, CORRUPT for a later version's."""
    if isinstance(stored, Unread):
        return stored.problem
    try:
        return ProviderRecord.from_json(stored.text) if isinstance(stored, Found) else None
    except UnknownFormatError:
        return VaultProblem.CORRUPT


def write(records: Records, record: ProviderRecord) -> VaultProblem | None:
    """Store it in place of any other that can be read. Raises BackendError, TooLargeError."""
    before = record_in(records.load())
    if isinstance(before, VaultProblem):
        return before
    if record == before:
        return None
    if not record.tokens:
        return sweep(records)
    kept = records.save(record.to_json())
    return kept.problem if isinstance(kept, Unsaved) else None


def sweep(records: Records, *, stays: str | None = None) -> VaultProblem | None:
    """Remove what is there, unless it is of the session ``stays``, and read back that it is gone. None: it is.

    What a later version has stored is left alone, and so told; damage goes. Raises BackendError.
    """
    stored = records.load()
    found = record_in(stored)
    if isinstance(stored, Found) and isinstance(found, VaultProblem):
        return found
    if stays is not None and isinstance(found, ProviderRecord) and found.session_id == stays:
        return None
    records.clear()
    left = records.load()
    if isinstance(left, Found):
        return VaultProblem.UNAVAILABLE
    return left.problem if isinstance(left, Unread) else None
