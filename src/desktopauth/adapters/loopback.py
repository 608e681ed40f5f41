"""The receiver of a browser's redirect: a server on loopback for one attempt, gone when that is over.

RFC 8252 §7.3 and §8.3, RFC 9700 §4: an IP literal, a port of the system's choosing, a random path and a state, and
whoever comes without them changes nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from desktopauth.core.ports import Clock
from desktopauth.core.redirect import Denied, Failed, Granted, Redirected, TimedOut, Verdict, read_redirect

from .pages import Page, moved_page, outcome_page, refusal_page
from .visit import Request, Visit

_log = logging.getLogger("desktopauth.loopback")

_MOST_VISITS = 16
_BACKLOG = 128
# An IPv4 port can be refused though others are free: Windows keeps ranges of them for itself.
_PLACES = (*[(socket.AF_INET, "127.0.0.1")] * 3, (socket.AF_INET6, "::1"))
_LOOK = 5.0  # seconds between two looks at the clock: timers stand still while the machine sleeps
_TO_FETCH = 2.0  # seconds that a browser has, at the end, to follow to the page that tells the outcome
_TO_FETCH_THE_END = 0.25  # the same where the attempt was broken off


class Loopback:
    """A ``Receiver`` while its block lasts; ``language`` is that of the page in the browser.

    ``patience``: seconds that a connection has for its request. Entering raises OSError if neither 127.0.0.1 nor [::1]
    gives a port. Leaving waits for a browser that was sent on to the outcome and is about to ask for it: two seconds at
    most, after an exception a quarter of one.
    """

    def __init__(self, clock: Clock, *, language: str = "en", patience: float = 10.0) -> None:
        self._clock, self._language, self._patience = clock, language, patience
        self._path, self._done = f"/{secrets.token_urlsafe(16)}", f"/done/{secrets.token_urlsafe(16)}"
        self._state = secrets.token_urlsafe(16)
        self._host = ""
        self._server: asyncio.Server | None = None
        self._closed = False
        self._outcome: Redirected | None = None
        self._verdict: Verdict | None = None
        self._arrived = asyncio.Event()
        self._visits: dict[Visit, None] = {}  # oldest first
        self._held: set[Visit] = set()  # those which wait for the outcome
        self._fetched = asyncio.Event()  # not set: a browser was sent on to the outcome and has not come for it yet
        self._fetched.set()

    @property
    def address(self) -> str:
        """Where the provider is to send the browser in the end. Secret: it holds the path and the state."""
        return f"http://{self._host}{self._path}?state={self._state}"

    async def wait(self, deadline: float) -> Redirected:
        """What came back, or TimedOut at ``deadline`` (seconds since the epoch, by the clock that was given)."""
        while self._outcome is None:
            left = deadline - self._clock.now()
            if left <= 0:
                return self._take(TimedOut())
            await self._clock.wait(self._arrived, min(left, _LOOK))
        return self._outcome

    def accept(self, address: str) -> bool:
        """The same by hand, for a browser that cannot reach us. False: it is not an address of this attempt."""
        authority, _, rest = address.strip().removeprefix("http://").partition("/")
        path, _, query = f"/{rest.partition('#')[0]}".partition("?")
        if authority != self._host or not _same(path, self._path):
            return False
        found = read_redirect(query, self._state)
        if found is not None:
            self._take(found)
        return found is not None

    def settle(self, verdict: Verdict) -> None:
        """Tell the page in the browser what came of it. The first verdict stays."""
        if self._verdict is not None:
            return
        self._verdict = verdict
        while self._held:
            visit = self._held.pop()
            visit.answer(outcome_page(verdict, self._language))

    # ---- the block

    async def __aenter__(self) -> Self:
        listening = _listening()
        try:
            loop = asyncio.get_running_loop()
            # begun in a step of its own, as being cancelled inside create_server would leave the socket in the loop
            self._server = await loop.create_server(self._visit, sock=listening, start_serving=False, backlog=_BACKLOG)
            self._host = _spelled(listening)
            await self._server.start_serving()
        except BaseException:
            self._close()
            listening.close()
            raise
        _log.info("waiting for a browser at %s", self._host)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle(Verdict.ABANDONED)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TO_FETCH if error is None else _TO_FETCH_THE_END):
                    await self._fetched.wait()
        finally:
            self._close()
        await asyncio.sleep(0)  # the loop closes sockets in its next step
        _log.info("no longer waiting at %s", self._host)

    def _close(self) -> None:
        self._closed = True
        if self._server is not None:
            self._server.close()
        for visit in list(self._visits):
            visit.leave()

    # ---- the desk

    def opened(self, visit: Visit) -> None:
        """Let it in; the oldest that we are waiting for gives way, or the newcomer if there is none."""
        if self._closed:
            visit.leave()
            return
        if len(self._visits) >= _MOST_VISITS:
            idle = next((each for each in self._visits if each not in self._held), visit)
            self._visits.pop(idle, None)
            idle.leave()
            if idle is visit:
                return
        self._visits[visit] = None

    def asked(self, visit: Visit, request: Request) -> Page | None:
        """What is answered to whom: nobody is believed who has another Host (DNS rebinding), path or state."""
        path, _, query = request.target.partition("?")
        if request.host != self._host:
            return refusal_page(421)
        if request.method != "GET":
            return refusal_page(405)
        if self._outcome is not None and _same(path, self._done):
            return self._tell(visit)
        return self._receive(query) if _same(path, self._path) else refusal_page(404)

    def gone(self, visit: Visit) -> None:
        self._visits.pop(visit, None)
        self._held.discard(visit)

    def _visit(self) -> Visit:
        return Visit(self, patience=self._patience)

    def _receive(self, query: str) -> Page:
        found = read_redirect(query, self._state)
        if found is None:
            return refusal_page(400)
        self._fetched.clear()
        self._take(found)
        return moved_page(self._done)

    def _tell(self, visit: Visit) -> Page | None:
        self._fetched.set()
        if self._verdict is None:
            self._held.add(visit)
            return None
        return outcome_page(self._verdict, self._language)

    def _take(self, found: Redirected) -> Redirected:
        """The first outcome is the only one; where it is no code, the verdict is clear."""
        if self._outcome is None:
            self._outcome = found
            self._arrived.set()
            _log.info("what came back at %s: %s", self._host, type(found).__name__)
            if (verdict := _verdict(found)) is not None:
                self.settle(verdict)
        return self._outcome


def _verdict(found: Redirected) -> Verdict | None:
    match found:
        case Granted():
            return None
        case Denied():
            return Verdict.DENIED
        case Failed():
            return Verdict.FAILED
        case TimedOut():
            return Verdict.TIMED_OUT


def _listening() -> socket.socket:
    """A socket that nobody off this machine can reach, and nobody else can take. Raises OSError."""
    refused = OSError("no loopback address")
    for family, host in _PLACES:
        try:
            return _bound(family, host)
        except OSError as error:
            refused = error
    raise refused


def _bound(family: socket.AddressFamily, host: str) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # elsewhere a bound port is exclusive by itself
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        made.setblocking(False)
        made.bind((host, 0))
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _spelled(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
