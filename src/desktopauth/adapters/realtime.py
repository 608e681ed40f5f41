"""The one importer of ``realtime``: the SDK's socket and channels, mended where they give up for good.

The SDK never learns a new token by itself, stops looking for a lost server after five tries, and drops a channel whose
token ended for ever. What is done about it, and when, says ``bridge``.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeChannelOptions
from realtime.types import ChannelStates

_log = logging.getLogger("desktopauth.realtime")
_FAREWELL = 0.3  # seconds that a server has to say goodbye
# what a Realtime server closes a channel with whose token is at its end ("Token has expired 3 seconds ago")
_ENDED = re.compile(r"expired|\bjwt|\btoken\b", re.IGNORECASE)
# set in all that connect() starts: there, a connection that fails is the SDK's own business, and reaches no caller
_of_the_sdk: ContextVar[bool] = ContextVar("_of_the_sdk", default=False)


class LiveChannel(AsyncRealtimeChannel):
    """A channel that is kept for later when the server closes it because its token ended."""

    socket: LiveRealtime
    _ended = False

    def on_error(self, payload: dict[str, Any]) -> None:
        """Note what the server complains of: its closing follows, and says nothing."""
        self._ended = bool(_ENDED.search(str(payload.get("message", ""))))
        super().on_error(payload)

    def on_close(self) -> None:
        """Closed by the server, or left by the developer."""
        over = self._ended and self.is_errored and self.socket.channels.get(self.topic) is self
        self._ended = False
        super().on_close()
        if over:
            self.socket.dropped(self)


class LiveRealtime(AsyncRealtimeClient):
    """The SDK's client with channels that come back. ``url`` is Realtime's address, ``key`` the project's."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, token=key)
        self.key, self._url = key, url
        self.on_drop: Callable[[], None] = _nothing
        self._lost: list[LiveChannel] = []
        self._open = asyncio.Event()  # no new connection before the last person's is closed
        self._open.set()
        self._over = False

    @property
    def is_connected(self) -> bool:
        return self._open.is_set() and super().is_connected

    @property
    def refused(self) -> str | None:
        """The token of a channel that was closed because of it, if there is one."""
        return next((_token(lost) for lost in self._lost), None)

    @property
    def waits(self) -> bool:
        """Whether channels wait for a connection that is lost."""
        return not self.is_connected and any(each.is_errored or each.is_joining for each in self.get_channels())

    def channel(self, topic: str, params: RealtimeChannelOptions | None = None) -> AsyncRealtimeChannel:
        """The channel of this topic, made unless it is there."""
        known = self.channels.get(f"realtime:{topic}")
        if known is not None and not known.is_leaving:
            return known
        made = LiveChannel(self, f"realtime:{topic}", params)
        self.channels[made.topic] = made
        return made

    async def connect(self) -> None:
        """As the SDK's. A connection that breaks later is looked for as the SDK does, and then given back to us."""
        await self._open.wait()
        if self._over:
            raise RuntimeError("Auth has been left, and with it its connections are closed.")
        within = _of_the_sdk.get()
        mark = _of_the_sdk.set(True)
        try:
            await super().connect()
        except Exception as error:
            if not within:
                raise
            # else nobody would ever ask for the outcome of the SDK's own task
            _log.info("the connection is lost for now: %s", type(error).__name__)
        finally:
            _of_the_sdk.reset(mark)

    async def send(self, message: Any) -> None:
        """As the SDK's, but no token goes to whom a redirect has led to. Raises RuntimeError there."""
        connection = self._connection()
        if "access_token" in message.payload and connection is not None and not _leads_to(connection, self._url):
            raise RuntimeError("The Realtime server sent us elsewhere, where the token must not go.")
        await super().send(message)

    async def set_auth(self, token: str | None) -> None:
        """Every channel joins with this token from now on; those that are in hear of it, those that are out come back.

        With the key, as for nobody, they hear nothing: what they were let in with goes on until its end. Rewritten, as
        the SDK's own breaks off when a channel comes or goes meanwhile.
        """
        known, self.access_token = self.access_token, token
        for channel in self.get_channels():
            channel.join_push.update_payload({"access_token": token})
        if token == self.key:
            return
        for channel in [each for each in self.get_channels() if token != known and (each.is_joined or each.is_joining)]:
            said = await channel.push("access_token", {"access_token": token})
            channel.messages_waiting_for_ack.pop(said.ref or "", None)
            said.destroy()  # no server answers this, and a timer would wait for it
        self._revive(token)

    def part(self) -> None:
        """Whoever was here is gone: nothing of theirs is sent any more, and nobody after them gets their channels."""
        self._open.clear()
        self.access_token = self.key
        gone = [*self.get_channels(), *self._lost]
        self.channels.clear()
        self.send_buffer.clear()
        self._lost.clear()
        for channel in gone:
            _end(channel)

    async def close(self) -> None:
        """As the SDK's, but a server that is gone is not waited for."""
        self._open.clear()
        connection = self._connection()
        try:
            await asyncio.wait_for(super().close(), _FAREWELL)
        except TimeoutError:
            if connection is not None:
                connection.transport.abort()
            await super().close()  # what it had not come to yet
        finally:
            self._open.set()

    async def leave(self) -> None:
        """Close, for good."""
        self._over = True
        self.part()
        await self.close()

    def dropped(self, channel: LiveChannel) -> None:
        """The server has closed this channel because its token ended."""
        self._lost.append(channel)
        self.on_drop()

    def _revive(self, token: str | None) -> None:
        fresh = [each for each in self._lost if _token(each) != token]
        self._lost = [each for each in self._lost if each not in fresh]
        for channel in fresh:
            if channel.topic in self.channels:
                continue  # the developer was faster
            self.channels[channel.topic] = channel
            channel.join_push.update_payload({"access_token": token})
            channel.state = ChannelStates.ERRORED  # whoever connects next joins it again
            channel.rejoin_timer.schedule_timeout(0)

    def _connection(self) -> Any:
        """The SDK's socket: it has no public name, and a test says when this one is gone."""
        return self._ws_connection


def _token(channel: AsyncRealtimeChannel) -> str:
    return str(channel.join_push.payload.get("access_token", ""))


def _end(channel: AsyncRealtimeChannel) -> None:
    for said in [channel.join_push, *channel.messages_waiting_for_ack.values()]:
        said.destroy()
    try:
        channel.on_close()
    except Exception as error:  # noqa: BLE001 - the developer's callback: its fault must not keep others in
        _log.error("a channel's callback raised %s", type(error).__name__)


def _leads_to(connection: Any, url: str) -> bool:
    there, meant = connection.protocol.uri, urlsplit(url)
    secure = meant.scheme == "https"
    port = meant.port or (443 if secure else 80)
    return bool((there.secure, there.host, there.port) == (secure, meant.hostname, port))


def _nothing() -> None:
    """Nobody asked to be told."""
