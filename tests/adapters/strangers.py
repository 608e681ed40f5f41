"""Whoever comes to a loopback port: a browser that behaves, and others that do not, over raw sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from desktopauth.adapters.loopback import Loopback
from desktopauth.core.clock import SystemClock
from desktopauth.core.redirect import Granted, Receiver, Verdict
from tests.scenario import Run, settled

CODE = "4b2c1de0-5b43-4f0e-9f61-0c8f2d8a7e11"


@dataclass(frozen=True)
class Heard:
    """One answer, whole: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: str
    raw: bytes


class Line:
    """One connection; what is sent is not checked for sense."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_for_ever(self) -> None:
        """Until the other side has had enough: raises ConnectionError."""
        while True:
            await self.send(b"x" * 65_536)

    async def heard(self) -> Heard | None:
        """The answer, once the other side has hung up; None if it did so without a word."""
        try:
            raw = await self.reader.read()
        except ConnectionResetError:
            return None
        return parsed(raw) if raw else None

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def line(address: str) -> AsyncIterator[Line]:
    where = urlsplit(address)
    opened = Line(*await asyncio.open_connection(where.hostname, where.port))
    try:
        yield opened
    finally:
        await opened.close()


def request(address: str, *, method: str = "GET", host: str = "", extra: bytes = b"") -> bytes:
    """What a browser sends for ``address``."""
    where = urlsplit(address)
    target = where.path + (f"?{where.query}" if where.query else "")
    lines = f"{method} {target} HTTP/1.1\r\nHost: {host or where.netloc}\r\nAccept: text/html\r\n"
    return lines.encode() + extra + b"\r\n"


async def ask(address: str, *, method: str = "GET", host: str = "", extra: bytes = b"") -> Heard | None:
    """One request on a connection of its own."""
    return await say(address, request(address, method=method, host=host, extra=extra))


async def say(address: str, data: bytes) -> Heard | None:
    async with line(address) as opened:
        with suppress(ConnectionError):
            await opened.send(data)
        return await opened.heard()


async def status_of(address: str, **how: str) -> int:
    found = await ask(address, **how)  # type: ignore[arg-type]
    return found.status if found else 0


async def browse(address: str) -> Heard:
    """Go there as a browser does: follow every redirect, and read the page at the end."""
    for _ in range(10):
        found = await ask(address, extra=b"Connection: close\r\n")
        assert found is not None
        if "location" not in found.headers:
            return found
        address = followed(address, found)
    raise AssertionError("a circle of redirects")


def followed(address: str, found: Heard) -> str:
    return urljoin(address, found.headers["location"])


def bare(receiver: Loopback) -> str:
    """The address without its state."""
    return receiver.address.partition("?")[0]


def granting(receiver: Receiver, code: str = CODE) -> str:
    """Where the server sends the browser when all went well."""
    return f"{receiver.address}&code={code}"


def loopback(**how: float | str) -> Loopback:
    return Loopback(SystemClock(), **how)  # type: ignore[arg-type]


def soon(seconds: float = 20.0) -> float:
    """A deadline that a test which works never meets."""
    return SystemClock().now() + seconds


def port_of(receiver: Loopback) -> int:
    found = urlsplit(receiver.address).port
    assert found
    return found


def refuses(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as made:
        made.settimeout(5)
        return made.connect_ex((host, port)) != 0


def parsed(raw: bytes) -> Heard:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
    return Heard(int(first.split()[1]), headers, body.decode(), raw)


Accident = Callable[[Loopback], Awaitable[None]]


def suffers(run: Run, accident: Accident, **how: float) -> None:
    """Let it happen, and see that it neither ends the wait nor keeps the right browser out."""

    async def scenario() -> None:
        async with loopback(**how) as receiver:
            waiting = asyncio.create_task(receiver.wait(soon()))
            await accident(receiver)
            await settled()
            assert not waiting.done()
            browser = asyncio.create_task(browse(granting(receiver)))
            assert await waiting == Granted(CODE)
            receiver.settle(Verdict.SIGNED_IN)
            assert (await browser).status == 200

    run(scenario)
