"""A receiver and a browser in the test's hand; what comes back is put in by the test."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from desktopauth.core.redirect import Redirected, TimedOut, Verdict
from tests.core.fakes import ManualClock

ADDRESS = "http://127.0.0.1:1234/path?state=state"


class FakeReceiver:
    """A ``Receiver`` that notes when it was opened, what page it told, and when it was closed."""

    def __init__(self, clock: ManualClock, journal: list[str]) -> None:
        self._clock, self._journal = clock, journal
        self._came: asyncio.Future[Redirected] | None = None
        self.verdict: Verdict | None = None
        self.pasted: list[str] = []
        self.address = ADDRESS

    async def __aenter__(self) -> Self:
        self._came = asyncio.get_running_loop().create_future()
        self._journal.append("port open")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._journal.append("port closed")

    async def wait(self, deadline: float) -> Redirected:
        assert self._came is not None
        late = asyncio.Event()
        waking = asyncio.ensure_future(self._clock.wait(late, deadline - self._clock.now()))
        both: set[asyncio.Future[Any]] = {self._came, waking}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
        return self._came.result() if self._came.done() else TimedOut()

    def come(self, what: Redirected) -> None:
        """The browser comes back with this; the second time changes nothing."""
        assert self._came is not None
        if not self._came.done():
            self._came.set_result(what)

    def accept(self, address: str) -> bool:
        self.pasted.append(address)
        return address == ADDRESS

    def settle(self, verdict: Verdict) -> None:
        self.verdict = self.verdict or verdict


class FakeBrowser:
    """What the person's system opens, and the receivers of all attempts."""

    def __init__(self, clock: ManualClock, journal: list[str]) -> None:
        self._clock, self._journal = clock, journal
        self.receivers: list[FakeReceiver] = []
        self.opened: list[str] = []
        self.works = True
        self.no_port: OSError | None = None

    def receive(self) -> FakeReceiver:
        if self.no_port:
            raise self.no_port
        self.receivers.append(FakeReceiver(self._clock, self._journal))
        return self.receivers[-1]

    async def open(self, url: str) -> bool:
        self.opened.append(url)
        self._journal.append("browser")
        return self.works

    @property
    def receiver(self) -> FakeReceiver:
        return self.receivers[-1]
