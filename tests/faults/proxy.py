"""A TLS server in front of a real auth server, which passes everything on and spoils the answer to a refresh.

What gets lost gets lost behind the server: by then it has rotated the token, and nobody knows it yet.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto
from hashlib import sha256
from http.client import responses
from typing import Any

import h11

_HOP = frozenset((b"host", b"connection", b"accept-encoding", b"transfer-encoding", b"content-length", b"date"))


@dataclass(frozen=True)
class Say:
    """Answer so, and ask nobody. A ``body`` that is no text goes out as JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Lose(Enum):
    """Pass the request on, and lose the answer on its way back."""

    IN_SILENCE = auto()  # nothing comes, and nothing ends
    BY_RESET = auto()
    HALF_WAY = auto()  # the head and half a body, then the end


Spoil = Say | Lose
Headers = list[tuple[bytes, bytes]]


@dataclass
class _Message:
    """A request or an answer, whole."""

    head: Any
    body: bytes


class FaultProxy:
    """In front of the server at ``port``; ``url`` is its own address by ``name``, which the test has to make known.

    ``spoil`` is done to every refresh as long as it is set, after what ``play`` has queued. ``refreshes`` has a
    fingerprint of the refresh token of each one that came. ``now`` is the server's time, as its answers tell it.
    ``meanwhile`` is called while a refresh is under way.
    """

    def __init__(self, name: str, port: int, good: ssl.SSLContext, bad: ssl.SSLContext) -> None:
        self._name, self._port, self._good, self._bad = name, port, good, bad
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._queue: deque[Spoil | None] = deque()
        self.url = ""
        self.anew()

    def anew(self, now: Callable[[], float] | None = None) -> None:
        """As at the beginning, for the next test."""
        self.spoil: Spoil | None = None
        self.refreshes: list[str] = []
        self.handshakes_refused = 0
        self.now = now
        self.meanwhile: Callable[[], None] = lambda: None
        self._queue.clear()
        self.trust()

    def play(self, *spoils: Spoil | None) -> None:
        """What is done to the next refreshes, one each; None lets one pass."""
        self._queue.extend(spoils)

    def distrust(self) -> None:
        """From now on by a certificate that nobody vouches for."""
        self._good.sni_callback = self._show_the_bad_one

    def trust(self) -> None:
        self._good.sni_callback = None

    def hang_up(self) -> None:
        """End every connection: the next request needs a new one."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(10)

    # ---- the thread

    def run(self, ready: threading.Event, ended: asyncio.Event) -> None:
        """Serve on this thread until ``ended``."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(ready, ended))

    def stop(self, ended: asyncio.Event) -> None:
        self._loop.call_soon_threadsafe(ended.set)

    async def _serve(self, ready: threading.Event, ended: asyncio.Event) -> None:
        asyncio.get_running_loop().set_exception_handler(self._hear)
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._good)
        self.url = f"https://{self._name}:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await ended.wait()
        server.close()
        await self._hang_up()

    def _hear(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio tells of handshakes that the other side has broken off, which is part of the play."""
        if isinstance(context.get("exception"), (ssl.SSLError, ConnectionError)):
            self.handshakes_refused += 1

    def _show_the_bad_one(self, talk: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        talk.context = self._bad

    async def _hang_up(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()
        while self._writers:
            await asyncio.sleep(0)

    # ---- a connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(OSError, h11.ProtocolError):  # who hangs up does so
                await self._talk(reader, writer)
        finally:
            writer.close()
            self._writers.discard(writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = h11.Connection(h11.SERVER)
        while (request := await _heard(wire, reader)) is not None:
            spoil = self._noted(request)
            if isinstance(spoil, Say):
                answer = self._said(spoil)
            else:
                answer = await self._passed_on(request)
            if self._is_refresh(request):
                await asyncio.get_running_loop().run_in_executor(None, self.meanwhile)
            match spoil:
                case Lose.IN_SILENCE:
                    await reader.read()  # until they have had enough
                    return
                case Lose.BY_RESET:
                    _reset(writer)
                    return
                case Lose.HALF_WAY:
                    writer.write(_bytes_of(wire, answer)[: -len(answer.body) // 2])
                    return
                case _:
                    writer.write(_bytes_of(wire, answer))
            wire.start_next_cycle()

    def _noted(self, request: _Message) -> Spoil | None:
        if not self._is_refresh(request):
            return None
        self.refreshes.append(fingerprint(json.loads(request.body)["refresh_token"]))
        return self._queue.popleft() if self._queue else self.spoil

    @staticmethod
    def _is_refresh(request: _Message) -> bool:
        return request.head.method == b"POST" and b"grant_type=refresh_token" in request.head.target

    # ---- answers

    def _said(self, say: Say) -> _Message:
        plain = isinstance(say.body, str)
        body = (say.body if plain else json.dumps(say.body)).encode()
        kind = {} if plain else {"Content-Type": "application/json"}
        headers = [(name.encode(), value.encode()) for name, value in (kind | dict(say.headers)).items()]
        return self._message(say.status, headers, body)

    async def _passed_on(self, request: _Message) -> _Message:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            wire, asked = h11.Connection(h11.CLIENT), request.head
            ours = [(b"Host", f"127.0.0.1:{self._port}".encode()), (b"Connection", b"close")]
            length = [(b"Content-Length", str(len(request.body)).encode())] if request.body else []
            headers = [*ours, *length, *(pair for pair in asked.headers if pair[0] not in _HOP)]
            head = h11.Request(method=asked.method, target=asked.target, headers=headers)
            writer.write(_bytes_of(wire, _Message(head, request.body)))
            answer = await _heard(wire, reader)
            assert answer is not None
        finally:
            writer.close()
        kept = [pair for pair in answer.head.headers if pair[0] not in _HOP]
        return self._message(answer.head.status_code, kept, self._dated(answer.body))

    def _dated(self, body: bytes) -> bytes:
        """A token's end by the clock of this play."""
        if self.now is None or b'"expires_in"' not in body:
            return body
        said = json.loads(body)
        return json.dumps(said | {"expires_at": int(self.now() + said["expires_in"])}).encode()

    def _message(self, status: int, headers: Headers, body: bytes) -> _Message:
        date = [(b"Date", formatdate(self.now() if self.now else None, usegmt=True).encode())]
        length = [(b"Content-Length", str(len(body)).encode())]
        reason = responses.get(status, "Unknown").encode()
        return _Message(h11.Response(status_code=status, headers=[*date, *headers, *length], reason=reason), body)


def fingerprint(token: str) -> str:
    """What tells tokens apart and opens nothing."""
    return sha256(token.encode()).hexdigest()[:12]


async def _heard(wire: h11.Connection, reader: asyncio.StreamReader) -> _Message | None:
    """The next message, whole; None if the other side has hung up."""
    head, parts = None, list[bytes]()
    while True:
        match wire.next_event():
            case h11.NEED_DATA:
                wire.receive_data(await reader.read(65536))
            case h11.Request() | h11.Response() as found:
                head = found
            case h11.Data(data=part):
                parts.append(bytes(part))
            case h11.EndOfMessage():
                return _Message(head, b"".join(parts))
            case h11.ConnectionClosed():
                return None
            case _:
                pass  # an informational answer


def _bytes_of(wire: h11.Connection, message: _Message) -> bytes:
    events = (message.head, h11.Data(data=message.body), h11.EndOfMessage())
    return b"".join(wire.send(event) or b"" for event in events)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection by RST, as a router does that has forgotten it."""
    found: socket.socket = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def fault_proxy(name: str, port: int, good: ssl.SSLContext, bad: ssl.SSLContext) -> Iterator[FaultProxy]:
    """A running proxy for the length of the block, on a thread of its own."""
    proxy, ready, ended = FaultProxy(name, port, good, bad), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=proxy.run, args=(ready, ended), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield proxy
    finally:
        proxy.stop(ended)
        thread.join(10)
