"""The attempts to come in: one at a time, void once a newer one begins or nobody waits any more.

Who comes in over the work of somebody else waits aside until it is chosen whose turn it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .errors import AuthError
from .flows import later
from .keeper import Keeper
from .models import Session
from .parts import Listener
from .ports import Clock, Spawn
from .reduce import CodeMailed, Failed, OtherCame

Way = Coroutine[Any, Any, "Session | CodeMailed"]


class Attempts:
    """The one that counts, and the session of another person that waits."""

    def __init__(self, keeper: Keeper, listener: Listener, clock: Clock, spawn: Spawn) -> None:
        self._keeper, self._listener, self._clock, self._spawn = keeper, listener, clock, spawn
        self._current = 0
        self._aside: Session | None = None

    def void(self) -> None:
        """Nobody waits for what is under way; a session that it brings must not live on unseen."""
        self._current += 1
        if aside := self._aside:
            self._aside = None
            self._keeper.revocations.begin(aside)

    async def go(self, way: Way) -> None:
        """Try this way in. Raises AuthError; the state says the same, if it is still the attempt that counts."""
        self.void()
        attempt = self._current
        self._listener.happened()
        await asyncio.shield(self._spawn(self._go(way, attempt)))

    async def let_in(self) -> None:
        """It was chosen: the other person's turn."""
        if session := self._aside:
            self._aside = None
            await self._keeper.adopt(session)

    async def _go(self, way: Way, attempt: int) -> None:
        try:
            came = await way
        except AuthError as error:
            if attempt == self._current:
                self._listener.changed(Failed(error.problem, later(error.problem, self._clock.now())))
                self._listener.happened()
            raise
        if attempt == self._current:
            await self._arrived(came)
        elif isinstance(came, Session):
            self._keeper.revocations.begin(came)

    async def _arrived(self, came: Session | CodeMailed) -> None:
        if isinstance(came, CodeMailed):
            self._listener.changed(came)
            self._listener.happened()
        elif (who := self._keeper.cut_off) and who.id != came.user.id:
            self._aside = came
            self._listener.changed(OtherCame(came.user))
            self._listener.happened()
        else:
            await self._keeper.adopt(came)
