"""The link in a mail, where the embedder wants it to lead back to the app: a receiver while its code is awaited.

What the browser brings counts as the code would; the code works all the same, on this machine and from any other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from .parts import Parts
from .pkce import Proof
from .ports import Spawn, WayBack
from .redirect import Receiver, Redirected
from .state import AddressForm, CodeWanted, Flow, PasswordForm

_log = logging.getLogger("desktopauth.auth")

_LIFE = 86_400.0  # seconds; no mailed code lives longer by default (supabase/auth: GOTRUE_MAILER_OTP_EXP)


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody has followed the link of a mail; ``verifier`` belongs to the code that it brought."""

    came: Redirected
    verifier: str = field(repr=False)
    receiver: Receiver


def may_follow(flow: Flow | None) -> bool:
    """Whether a link to here may be on its way to somebody: a code is awaited, or the mail with it is being sent."""
    match flow:
        case CodeWanted(purpose=purpose):
            return purpose != "email_change"
        case PasswordForm(busy=busy) | AddressForm(busy=busy):
            return busy
        case _:
            return False


class MailLinks:
    """One receiver at most; ``followed`` hears of the first link that led to it. ``wanted``: may one be on its way?"""

    def __init__(
        self, parts: Parts, spawn: Spawn, wanted: Callable[[], bool], followed: Callable[[Followed], Awaitable[None]]
    ) -> None:
        self._on, self._receive, self._clock = parts.mail_links, parts.receive, parts.clock
        self._spawn, self._wanted, self._followed = spawn, wanted, followed
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[WayBack | None]

    async def way_back(self) -> WayBack | None:
        """For the next mail, the same as for the one before it; None: its link leads to the project's own site.

        That is so unless the embedder wants it otherwise, and where this machine gives no port.
        """
        if not self._on:
            return None
        if self._task is None:
            ready = self._ready = asyncio.get_running_loop().create_future()
            task = self._task = self._spawn(self._live(ready))
            task.add_done_callback(lambda _: self._over(task, ready))
        way_back = await asyncio.shield(self._ready)
        self.look()
        return way_back

    def look(self) -> None:
        """Close the port if nobody waits for a link any more."""
        if not self._wanted():
            self.close()

    def close(self) -> None:
        task, self._task = self._task, None
        if task:
            task.cancel()

    async def _live(self, ready: asyncio.Future[WayBack | None]) -> None:
        proof = Proof.new()
        async with AsyncExitStack() as stack:
            try:
                receiver = await stack.enter_async_context(self._receive())
            except OSError:
                _log.info("there is no port for a mail's link to come back to")
                return
            ready.set_result(WayBack(receiver.address, proof.challenge))
            came = await receiver.wait(self._clock.now() + _LIFE)
            self._task = None  # what it brought is not to be broken off by what comes of it
            await self._followed(Followed(came, proof.verifier, receiver))

    def _over(self, task: asyncio.Task[None], ready: asyncio.Future[WayBack | None]) -> None:
        if self._task is task:
            self._task = None
        if not ready.done():
            ready.set_result(None)
