"""A data client on Realtime, with who is signed in and what is told of it in the test's hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from desktopauth.adapters.bridge import Bridge
from desktopauth.adapters.config import Config
from desktopauth.adapters.data import supabase_client
from desktopauth.adapters.pool import Pool
from desktopauth.core.events import AuthChange, AuthEvent, Subscription
from tests.adapters.gateway_verbs import KEY
from tests.adapters.phoenix import Phoenix, phoenix
from tests.adapters.tokens import Live

PATIENCE = "desktopauth.adapters.bridge._AGAIN"


class Visit:
    """``live`` hands out the token; ``tell`` says what happened; ``states`` and ``news`` are what channels said."""

    def __init__(self, server: Phoenix, token: str | None) -> None:
        self.server, self.live = server, Live(token)
        self.bridge = Bridge(self._subscribe)
        self.states, self.news = list[str](), list[str]()
        self.client: Any = None
        self._heard: list[Callable[[AuthChange], None]] = []
        self._pool = Pool()

    @property
    def hearing(self) -> int:
        return len(self._heard)

    def _subscribe(self, callback: Callable[[AuthChange], None]) -> Subscription:
        self._heard.append(callback)
        callback(AuthChange(AuthEvent.INITIAL_SESSION))
        return Subscription(self._heard.clear)

    def tell(self, event: AuthEvent) -> None:
        for callback in self._heard:
            callback(AuthChange(event))

    def refreshed(self, token: str) -> None:
        self.live.token = token
        self.tell(AuthEvent.TOKEN_REFRESHED)

    async def open(self) -> None:
        if self.client is None:
            config = Config(url=self.server.url.removesuffix("/realtime/v1"), key=KEY)
            self.client = await supabase_client(self.live, config, pool=self._pool, bridge=self.bridge)

    async def join(self, topic: str) -> None:
        await self.open()
        channel = self.client.channel(topic)
        channel.on_broadcast("news", lambda said: self.news.append(said["payload"]["text"]))
        await channel.subscribe(lambda state, _: self.states.append(f"{topic} {state.value}"))
        assert channel.is_joined

    def gave_up(self) -> bool:
        """Whether nothing of the SDK looks for the server any more."""
        names = {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()}
        return "AsyncRealtimeClient._listen" not in names

    async def leave(self) -> None:
        await self.bridge.close()
        await self._pool.aclose()


@asynccontextmanager
async def visiting(token: str | None, *others: str) -> AsyncIterator[Visit]:
    """A server that lets these tokens in, and a client beside it; ``token`` is signed in."""
    async with phoenix(*(each for each in (token, *others) if each)) as server:
        visit = Visit(server, token)
        try:
            yield visit
        finally:
            await visit.leave()
