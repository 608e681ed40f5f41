"""The attempts to come in: one at a time, void once a newer one begins or nobody waits any more.

Who comes in over the work of somebody else, or has still to choose a password, waits aside until it is their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, assert_never

from .browsing import Arrival
from .errors import AuthError
from .events import AuthChange, AuthEvent
from .flows import Recovered, later
from .keeper import Keeper
from .models import Session
from .parts import Listener
from .ports import Clock, Spawn
from .reduce import CodeMailed, Failed, FlowOpened, OtherCame, ProofWanted
from .state import NewPassword

Came = Session | CodeMailed | ProofWanted | Arrival | Recovered | AuthChange | None
Way = Coroutine[Any, Any, Came]


def nothing() -> None:
    """What is to be done where nothing is."""


class Attempts:
    """The one that counts, and the session that waits. ``arrived`` hears of everybody who came in by a provider."""

    def __init__(
        self,
        keeper: Keeper,
        listener: Listener,
        clock: Clock,
        spawn: Spawn,
        arrived: Callable[[Arrival], Awaitable[None]],
    ) -> None:
        self._keeper, self._listener, self._clock, self._spawn = keeper, listener, clock, spawn
        self._arrived_by_provider = arrived
        self._current = 0
        self._waiting: Arrival | None = None
        self._proved: Session | None = None
        self._abandon: Callable[[], None] = nothing
        self._trying = self.door = ""  # which of them, and which the last one came in by

    @property
    def proved(self) -> Session | None:
        """Whose mailbox is proved, and whose password is not chosen yet."""
        return self._proved

    def hold_proved(self, session: Session) -> None:
        """The same person's, refreshed."""
        if self._proved and self._proved.id == session.id:  # not somebody's who has come since
            self._proved = session

    def void(self) -> None:
        """Nobody waits for what is under way; a session that it brings must not live on unseen."""
        self._supersede()
        aside, self._waiting = self._waiting, None
        proved, self._proved = self._proved, None
        for session in (aside.session if aside else None, proved):
            if session:
                self._keeper.revocations.begin(session)

    async def go(self, way: Way, *, door: str = "", abandon: Callable[[], None] = nothing) -> None:
        """Try this way in. Raises AuthError; the state says the same, if it is still the attempt that counts.

        ``door`` names it, where it is one; ``abandon`` is called if it is void before it has come to an end.
        """
        self.void()
        self._trying = door
        await self._try(way, abandon)

    async def go_on(self, way: Way) -> None:
        """The next step of who waits aside, who stays there if it fails."""
        self._supersede()
        await self._try(way, nothing)

    async def let_in(self) -> None:
        """It was chosen: the other person's turn."""
        if came := self._waiting:
            self._waiting = None
            await asyncio.shield(self._spawn(self._enter(came)))  # half a step would leave nobody's turn

    def _supersede(self) -> None:
        self._current += 1
        abandon, self._abandon = self._abandon, nothing
        abandon()

    async def _try(self, way: Way, abandon: Callable[[], None]) -> None:
        self._abandon = abandon
        attempt = self._current
        self._listener.happened()
        await asyncio.shield(self._spawn(self._go(way, attempt)))

    async def _go(self, way: Way, attempt: int) -> None:
        try:
            came = await way
        except AuthError as error:
            if attempt == self._current:
                self._abandon = nothing
                self._listener.changed(Failed(error.problem, later(error.problem, self._clock.now())))
                self._listener.happened()
            raise
        if attempt == self._current:
            self._abandon = nothing
            await self._arrived(came)
        else:
            self._too_late(came)

    def _too_late(self, came: Came) -> None:
        """Nobody waits for it: a session must not live on unseen; what was changed has changed all the same."""
        match came:
            case Session():
                self._keeper.revocations.begin(came)
            case Arrival(session) | Recovered(session):
                self._keeper.revocations.begin(session)
            case AuthChange():
                self._listener.happened(came)
            case _:
                pass

    async def _arrived(self, came: Came) -> None:
        match came:
            case CodeMailed() | ProofWanted():
                self._listener.changed(came)
                self._listener.happened()
            case AuthChange() | None:
                self._listener.changed(FlowOpened(None))
                self._listener.happened(came)
            case Recovered(session):
                self._proved = session
                self._listener.changed(FlowOpened(NewPassword(session.user.email, forgotten=True)))
                self._listener.happened(AuthChange(AuthEvent.PASSWORD_RECOVERY, user=session.user))
            case Arrival():
                await self._come_in(came)
            case Session():
                await self._come_in(Arrival(came, "", None))
            case _:
                assert_never(came)

    async def _come_in(self, came: Arrival) -> None:
        self._proved = None
        if (who := self._keeper.cut_off) and who.id != came.session.user.id:
            self._waiting = came
            self._listener.changed(OtherCame(came.session.user))
            self._listener.happened()
        else:
            await self._enter(came)

    async def _enter(self, came: Arrival) -> None:
        self.door = self._trying
        self._listener.changed(FlowOpened(None))  # who is in already is asked nothing more
        await self._keeper.adopt(came.session)
        if came.provider:
            await self._arrived_by_provider(came)
