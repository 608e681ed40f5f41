"""One connection to the loopback receiver: one request is read, with limits, and one answer is given.

Callbacks instead of streams, so that no connection is a task that could outlive the receiver.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import h11

from .pages import Page, refusal_page

_LONGEST_HEAD = 16 * 1024  # bytes of request line and headers
# Seconds that the other side has to hang up once it was answered; what it still sends is read and dropped, as resetting
# the connection could take the answer along.
_LINGER = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the request's target holds the code."""

    method: str
    target: str = field(repr=False)
    host: str


class Desk(Protocol):
    """Who is visited."""

    def opened(self, visit: Visit) -> None: ...

    def asked(self, visit: Visit, request: Request) -> Page | None:
        """The answer; None if it is given later, by ``visit.answer``."""

    def gone(self, visit: Visit) -> None: ...


class Visit(asyncio.Protocol):
    """Serves one connection for ``desk``; without a whole request after ``patience`` seconds it hangs up."""

    def __init__(self, desk: Desk, *, patience: float) -> None:
        self._desk, self._patience = desk, patience
        self._wire = h11.Connection(h11.SERVER)
        self._received = 0
        self._head_only = False
        self._asked = self._answered = False
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle

    def answer(self, page: Page) -> None:
        """Send it and hang up, politely: the other side first."""
        self._asked = self._answered = True
        headers = [(name, value) for name, value in page.headers.items()]
        answer = h11.Response(status_code=page.status, headers=headers, reason=page.status.phrase.encode())
        parts = [answer, *([] if self._head_only else [h11.Data(data=page.body)]), h11.EndOfMessage()]
        self._transport.write(b"".join(self._wire.send(part) or b"" for part in parts))
        with suppress(OSError):  # it has hung up already
            self._transport.write_eof()
        self._limit(_LINGER)

    def leave(self) -> None:
        """Hang up now; what was answered is still sent."""
        if self._answered:
            self._transport.close()
        else:
            self._transport.abort()

    # ---- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker: it is a stream's
        self._transport = transport
        self._limit(self._patience)
        self._desk.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._asked:
            return
        room = _LONGEST_HEAD - self._received
        self._received += len(data)
        try:
            self._wire.receive_data(data[:room])
            event = self._wire.next_event()
        except h11.RemoteProtocolError as wrong:
            self.answer(refusal_page(wrong.error_status_hint))
            return
        if isinstance(event, h11.Request):
            self._hear(event)
        elif self._received >= _LONGEST_HEAD:
            self.answer(refusal_page(431))

    def connection_lost(self, _error: Exception | None) -> None:
        self._timer.cancel()
        self._desk.gone(self)

    # ---- the rest

    def _hear(self, event: h11.Request) -> None:
        self._asked = True
        self._timer.cancel()
        method = event.method.decode("ascii")
        self._head_only = method == "HEAD"
        host = next((value for name, value in event.headers if name == b"host"), b"")
        page = self._desk.asked(self, Request(method, event.target.decode("ascii"), host.decode("latin-1")))
        if page is not None:
            self.answer(page)

    def _limit(self, seconds: float) -> None:
        if hasattr(self, "_timer"):
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)
