"""When to look at the session: at its next due moment, when something outside has changed, and every half a minute."""

from __future__ import annotations

from .errors import AuthError
from .keeper import Keeper
from .parts import Nudge, Parts


class Watching:
    """Looks after one keeper for as long as the app runs. Nudges that the embedder left out do not count."""

    def __init__(self, keeper: Keeper, parts: Parts) -> None:
        self._keeper, self._schedule, self._store = keeper, keeper.schedule, keeper.store
        self._clock, self._nudges, self._roused = parts.clock, parts.nudges, parts.roused

    def nudge(self) -> None:
        """Something outside has changed: look now, without waiting out a pause that was made for a dead network."""
        self._rouse()
        self._keeper.stirred.set()

    async def watch(self) -> None:
        """Refresh at every soft point, save what is not saved yet, follow the other copies of the app."""
        while True:
            await self._clock.wait(self._keeper.stirred, self._pause())
            self._keeper.stirred.clear()  # before the look: what stirs during it is looked at again
            if self._schedule.woke() and Nudge.WAKE in self._nudges:
                self._rouse()
            if self._keeper.session or self._keeper.cut_off:
                await self._look_round()

    def _pause(self) -> float | None:
        if not (self._keeper.session or self._keeper.cut_off):
            return None  # until somebody is there
        return self._schedule.pause(self._keeper.session, late=self._store.lags)

    async def _look_round(self) -> None:
        if Nudge.SIBLING in self._nudges:
            self._keeper.follow_sign_out()
            if self._store.stirred():
                await self._keeper.look()
        await self._keeper.save_again()
        if (session := self._keeper.session) is None:
            return
        if self._schedule.now() >= self._schedule.due(session, late=self._store.lags):
            try:
                await self._keeper.refresh()
            except AuthError:
                return  # told by the flight, and tried again when its time has come
        if session := self._keeper.session:
            self._keeper.telling.health(session)

    def _rouse(self) -> None:
        self._schedule.hurry()
        self._keeper.revocations.hurry()
        self._roused()
