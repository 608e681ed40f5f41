"""The access token for those who send it: handed out live, and renewed once a server has refused it as stale.

Whoever asks while a refused token is being renewed gets the new one, so that one refusal does not become a thousand.
"""

from __future__ import annotations

import asyncio

from .keeper import Keeper
from .models import Session, claims
from .parts import Nudge, Parts
from .ports import Spawn

_WAIT = 10.0  # seconds that a request waits for a renewal
_YOUNG = 30.0  # seconds in which a token is not renewed again: who refuses such a one refuses every token


class LiveTokens:
    """The keeper's token, and the one renewal of it that is under way."""

    def __init__(self, keeper: Keeper, parts: Parts, spawn: Spawn) -> None:
        self._keeper, self._spawn = keeper, spawn
        self._clock, self._server_clock = parts.clock, parts.server_clock
        self._renews = Nudge.UNAUTHORIZED in parts.nudges
        self._renewals: dict[str, asyncio.Task[None]] = {}  # by the token that was refused, while they last
        self._renewed_at = float("-inf")

    async def access_token(self, min_validity: float = 0.0) -> str | None:
        """The live access token; a renewal of it, and past its hard point the shared refresh, is waited for.

        None when nobody is signed in. Raises AuthError when it has expired and cannot be refreshed now.
        """
        if (session := self._keeper.session) and (renewal := self._renewals.get(session.access_token)):
            await asyncio.wait({renewal}, timeout=_WAIT)
        return await self._keeper.access_token(min_validity)

    async def renew(self, refused: str) -> str | None:
        """A token of the same person other than the ``refused`` one: the keeper's, or by the one shared refresh.

        None if there is none: nobody or somebody else is signed in, the refresh failed, or the refused token is
        younger than 30 s (of server time; a shorter life counts whole).
        """
        session = self._keeper.session
        if self._renews and session and session.access_token == refused and not self._young(session):
            await asyncio.wait({self._renewal(refused)}, timeout=_WAIT)
        session = self._keeper.session
        return session.access_token if session and _succeeds(session, refused) else None

    def _renewal(self, refused: str) -> asyncio.Task[None]:
        if not (renewal := self._renewals.get(refused)):
            renewal = self._renewals[refused] = self._spawn(self._refresh(refused))
        return renewal

    async def _refresh(self, refused: str) -> None:
        try:
            await self._keeper.refresh()
            self._renewed_at = self._clock.now()
        finally:
            self._renewals.pop(refused, None)

    def _young(self, session: Session) -> bool:
        """Whether it was made lately, by the server's clock; or here by ours, should that one be told wrongly."""
        here = self._clock.now()
        made_at = session.issued_at - self._server_clock.skew
        return min(abs(here - made_at), abs(here - self._renewed_at)) < min(_YOUNG, session.expires_in)


def _succeeds(session: Session, refused: str) -> bool:
    """Whether what was asked for with the ``refused`` token may be asked for again with this session's."""
    said = claims(refused)
    same = said.get("session_id") == session.id or said.get("sub") == session.user.id
    return same and session.access_token != refused
