"""Providers' own tokens in the vault's keyring: its thread, its lock and its rules, in a record beside the session's.

They come once, at the sign-in, and belong to that session: they are stored only where it is stored, and the vault's
every clear takes them along.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import ProviderTokens
from desktopauth.core.ports import Absent, Found, Stored, Tombstones, Unread

from .precedence import session_of
from .provider_record import Company, ProviderRecord, record_in, sweep
from .records import Records, TooLargeError
from .vault_thread import itself

_log = logging.getLogger("desktopauth.vault")
_T = TypeVar("_T")
Job = Callable[[Records, Callable[[], Stored]], _T]  # of the record beside the session's, and of what reads the latter


class Host(Protocol):
    """A vault that keeps something beside its session, and stores what waits with the session's next save."""

    @property
    def company(self) -> Company: ...

    async def beside(self, job: Job[_T], failed: Callable[[VaultProblem], _T]) -> _T:
        """The answer of ``job``, run in the vault's turn and under its lock, or ``failed(problem)``. Never a prompt."""


class ProviderStore:
    """The core's ``ProviderVault`` over either vault. No call raises, and none makes a keyring prompt.

    What cannot be stored waits in memory and is given from there.
    """

    def __init__(self, vault: Host, tombstones: Tombstones) -> None:
        self._vault, self._tombstones = vault, tombstones

    async def load(self, *, session_id: str) -> Mapping[str, ProviderTokens] | None:
        """By provider; empty if there are none of this session. None: not readable now."""
        found = await self._vault.beside(partial(self._get, session_id), itself)
        if waiting := self._vault.company.waiting(session_id):
            return waiting.tokens
        if isinstance(found, VaultProblem):
            return None
        return found.tokens if found else {}

    async def save(self, tokens: Mapping[str, ProviderTokens], *, session_id: str) -> VaultProblem | None:
        """Keep these in place of whatever is stored, unless the session was signed out. None: no need to worry."""
        record = ProviderRecord(session_id, dict(tokens))
        self._vault.company.wait(record)
        return await self._vault.beside(partial(self._put, record), itself)

    def _get(
        self, session_id: str, records: Records, session: Callable[[], Stored]
    ) -> ProviderRecord | VaultProblem | None:
        if self._is_over(session_id):
            return self._remove(session_id, records, session)
        if waiting := self._vault.company.waiting(session_id):
            self._try(waiting, records, session)
        found = record_in(records.load())
        if not isinstance(found, ProviderRecord) or found.session_id == session_id:
            return found
        return self._remove(session_id, records, session)

    def _put(self, record: ProviderRecord, records: Records, session: Callable[[], Stored]) -> VaultProblem | None:
        if self._is_over(record.session_id):
            return self._remove(record.session_id, records, session)
        # tokens that are stored without their session would be nobody's to remove
        stored = session()
        if session_of(stored) == record.session_id:
            return self._vault.company.settle(records, record.session_id)
        if isinstance(stored, Unread):
            return stored.problem
        return VaultProblem.UNAVAILABLE if isinstance(stored, Absent) else VaultProblem.OCCUPIED

    def _try(self, record: ProviderRecord, records: Records, session: Callable[[], Stored]) -> None:
        try:
            self._put(record, records, session)
        except TooLargeError as error:  # it stays in memory
            _log.info("not stored: %s", error)

    def _remove(self, session_id: str, records: Records, session: Callable[[], Stored]) -> VaultProblem | None:
        """Whatever is not of a session that is stored now and goes on; while that cannot be told, nothing."""
        stored = session()
        if isinstance(stored, Unread):
            return stored.problem
        theirs = session_of(stored)
        if isinstance(stored, Found) and theirs is None:
            return VaultProblem.CORRUPT  # a later version's, and it will know what goes with it
        return sweep(records, stays=None if theirs == session_id else theirs)

    def _is_over(self, session_id: str) -> bool:
        """Whether it was signed out, here or in another copy of the app. Raises OSError if that cannot be told."""
        if not self._tombstones.covers(session_id):
            return False
        self._vault.company.forget(self._vault.company.waiting(session_id))
        return True
