"""From who is signed in to Realtime, which hears of nothing by itself: sign-in, refresh, sign-out, wake, network back.

One task looks at how things are and mends what differs, so that no order of events can leave the wrong token there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.events import AuthChange, AuthEvent, Subscription
from desktopauth.core.ports import Tokens

if TYPE_CHECKING:
    from .realtime import LiveRealtime

_log = logging.getLogger("desktopauth.realtime")
_AGAIN = 30.0  # seconds between two looks for a lost server that nobody says is back

Subscribe = Callable[[Callable[[AuthChange], None]], Subscription]


class Bridge:
    """Idle until the first use of Realtime. ``subscribe`` is ``Auth``'s."""

    def __init__(self, subscribe: Subscribe) -> None:
        self._subscribe = subscribe
        self._live: LiveRealtime | None = None
        self._hearing: Subscription | None = None
        self._stirred = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connecting: asyncio.Task[Any] | None = None
        self._closed = False
        self._renewed: str | None = None

    def begin(self, live: LiveRealtime, tokens: Tokens, loop: asyncio.AbstractEventLoop) -> None:
        """Realtime is used from here on; more than once is no more than once."""
        if self._live is not None or self._closed:
            return
        self._live, self._loop = live, loop
        live.on_drop = self.rouse
        self._hearing = self._subscribe(self._heard)  # INITIAL_SESSION tells who is here already
        self._spawn(self._follow(live, tokens))

    def rouse(self) -> None:
        """What was given up may work again."""
        self._stirred.set()

    async def close(self) -> None:
        """Close the socket, and forget the token. Takes as long as a server has to say goodbye, and no longer."""
        self._closed = True
        if self._hearing is not None:
            self._hearing.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._live is not None:
            await self._live.leave()

    def _heard(self, change: AuthChange) -> None:
        if change.event is AuthEvent.SIGNED_OUT and self._live is not None:
            self._live.part()  # at once: the next person may be here before any task runs
            self._spawn(self._hang_up(self._live))  # not behind a token that is waited for
        self._stirred.set()

    async def _follow(self, live: LiveRealtime, tokens: Tokens) -> None:
        while True:
            await self._mend(live, tokens)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), _AGAIN)
            self._stirred.clear()

    async def _mend(self, live: LiveRealtime, tokens: Tokens) -> None:
        try:
            await live.set_auth(await self._token(live, tokens))
            if live.waits and (self._connecting is None or self._connecting.done()):
                self._connecting = self._spawn(self._connect(live))
        except AuthError as error:
            if error.problem.kind is ErrorKind.SESSION_ENDED:  # nobody joins with it any more
                await live.set_auth(live.key)
            # else it has expired and is not to be had now: the refresh that brings it stirs us again
        except Exception as error:  # noqa: BLE001 - the boundary to the SDK: whatever it was, the next look mends it
            _log.warning("the token did not get through: %s", type(error).__name__)

    async def _token(self, live: LiveRealtime, tokens: Tokens) -> str:
        if live.refused and live.refused != self._renewed:  # the server's clock has ended it, whatever ours says
            self._renewed = await tokens.renew(live.refused)  # once: whoever refuses that as well would refuse them all
        return await tokens.access_token() or live.key

    async def _connect(self, live: LiveRealtime) -> None:
        try:
            await live.connect()
        except Exception as error:  # noqa: BLE001 - the boundary to the SDK: the next look tries again
            _log.info("Realtime can't be reached: %s", type(error).__name__)

    async def _hang_up(self, live: LiveRealtime) -> None:
        try:
            await live.close()
        except Exception as error:  # noqa: BLE001 - the boundary to the SDK: the socket is given up all the same
            _log.warning("Realtime was not left as it should be: %s", type(error).__name__)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
