"""What a provider gave for its own API: it comes once, at the sign-in, and the auth server never repeats it.

It lives as long as the session it came with. Only who holds the client's secret can renew it, which is never the app:
the embedder's back end is asked, by a hook.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from .errors import AuthError, ErrorKind, Outcome, Problem, VaultProblem
from .models import ProviderTokens
from .ports import ProviderVault

log = logging.getLogger("desktopauth.providers")

#: ``renew(provider, tokens)`` gives newer ones, from the embedder's own back end. It may raise anything.
Renew = Callable[[str, ProviderTokens], Awaitable[ProviderTokens]]


class ProviderAccess:
    """The tokens of one stay."""

    def __init__(self, vault: ProviderVault | None) -> None:
        self._vault = vault
        self._session_id = ""
        self._held: dict[str, ProviderTokens] | None = None  # None: not read yet
        self._renew: Renew | None = None
        self._turn = asyncio.Lock()

    def renew_with(self, renew: Renew | None) -> None:
        self._renew = renew

    async def keep(self, session_id: str, provider: str, tokens: ProviderTokens, *, kept: bool) -> None:
        """They came with this session. ``kept``: unless the person wants to be forgotten."""
        async with self._turn:
            held = await self._known(session_id)
            self._held = {**held, provider: tokens}
            if kept:
                await self._save()

    async def of(self, session_id: str) -> Mapping[str, ProviderTokens]:
        """All that there are, by provider, as far as they can be read now. Raises AuthError if the stay is over."""
        async with self._turn:
            return await self._known(session_id)

    async def token(self, session_id: str, provider: str, refused: str | None, *, kept: bool) -> str:
        """The live access token; ``refused`` is one that the provider took no longer. Raises AuthError."""
        async with self._turn:
            tokens = _of(provider, await self._known(session_id))
            if tokens.access_token != refused:
                return tokens.access_token
            if kept and self._vault:  # another copy of the app may have renewed it
                tokens = _of(provider, await self._known_anew(session_id))
                if tokens.access_token != refused:
                    return tokens.access_token
            fresh = await self._renewed(provider, tokens)
            if self._session_id != session_id:
                raise _missing()  # signed out meanwhile
            self._held = {**(self._held or {}), provider: fresh}
            if kept:
                await self._save()
            return fresh.access_token

    def belong_to(self, session_id: str) -> None:
        """Which session there is now; empty for none."""
        if session_id != self._session_id:
            self._session_id, self._held = session_id, None
            self._turn = asyncio.Lock()  # a hook that hangs is the last stay's

    async def _known(self, session_id: str) -> Mapping[str, ProviderTokens]:
        if self._session_id != session_id:
            raise _missing()  # another's by now
        if self._held is None:
            found = await self._vault.load(session_id=session_id) if self._vault else {}
            if self._session_id != session_id:
                raise _missing()  # signed out meanwhile
            if found is None:  # not readable now: to be asked again
                return {}
            self._held = dict(found)
        return self._held

    async def _known_anew(self, session_id: str) -> Mapping[str, ProviderTokens]:
        held, self._held = self._held, None
        found = await self._known(session_id)
        if self._held is None:  # not readable now: what is held is good enough to be renewed
            self._held = held
        return self._held or found

    async def _renewed(self, provider: str, tokens: ProviderTokens) -> ProviderTokens:
        if self._renew is None:
            raise _missing()
        try:
            return await self._renew(provider, tokens)
        except Exception as error:  # noqa: BLE001 - the embedder's own code, whose words may hold tokens
            log.warning("a provider's token could not be renewed: %s", type(error).__name__)
        raise _missing()

    async def _save(self) -> None:
        if self._vault and self._held is not None:
            _noted(await self._vault.save(self._held, session_id=self._session_id))


def _of(provider: str, held: Mapping[str, ProviderTokens]) -> ProviderTokens:
    if (tokens := held.get(provider)) is None:
        raise _missing()
    return tokens


def _noted(problem: VaultProblem | None) -> None:
    if problem:
        log.info("a provider's tokens are in memory only: %s", problem)  # as the session's own save has told


def _missing() -> AuthError:
    return AuthError(Problem(ErrorKind.PROVIDER_TOKEN_MISSING, "provider_token", Outcome.MISUSE))
