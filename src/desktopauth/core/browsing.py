"""The way in through the system browser (RFC 8252): one attempt, from the authorize request to the exchanged code.

The provider's page is the browser's; what it brings back comes to a receiver on this machine, and is redeemed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import assert_never

from .errors import AuthError, ErrorKind, Outcome, Problem
from .models import ProviderTokens, Session
from .parts import Listener, Parts
from .pkce import Proof
from .ports import Spawn
from .redirect import LIFE, Denied, Failed, Granted, Receiver, Redirected, TimedOut, Verdict
from .reduce import Asked, BrowserSent

Receive = Callable[[], AbstractAsyncContextManager[Receiver]]
OpenBrowser = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody came in by ``provider``, who gave ``tokens`` for its own API, or none."""

    session: Session
    provider: str
    tokens: ProviderTokens | None


class Browsing:
    """One attempt. It raises CANCELLED once nobody waits for it: ``abandon`` closes the port at once."""

    def __init__(self, provider: str, parts: Parts, listener: Listener, spawn: Spawn) -> None:
        self._provider, self._listener, self._spawn = provider, listener, spawn
        self._gateway, self._clock = parts.gateway, parts.clock
        self._receive, self._open = parts.receive, parts.open_browser
        self._receiver: Receiver | None = None
        self._waiting: asyncio.Task[Redirected] | None = None
        self._abandoned = False
        self._url, self._deadline = "", 0.0

    async def go(self, scopes: str, options: Mapping[str, str]) -> Arrival:
        """The whole way. Raises AuthError."""
        async with AsyncExitStack() as stack:
            try:
                receiver = self._receiver = await stack.enter_async_context(self._receive())
            except OSError:
                raise _fault(ErrorKind.LOOPBACK_UNAVAILABLE, Outcome.MISUSE) from None
            # a browser that was sent on may still come for its page; nobody else is to wait for that
            closing = stack.pop_all()
            try:
                return await self._through(receiver, scopes, options)
            except AuthError:
                receiver.settle(Verdict.ABANDONED if self._abandoned else Verdict.FAILED)
                raise
            finally:
                self._receiver = None
                self._spawn(closing.aclose())

    def abandon(self) -> None:
        """Nobody waits any more. What is being redeemed goes on, as a session may come of it."""
        self._abandoned = True
        if self._waiting:
            self._waiting.cancel()

    def accept(self, address: str) -> bool:
        """The address that a browser ended at elsewhere. False: it is not one of this attempt."""
        return self._receiver is not None and self._receiver.accept(address)

    async def open_again(self) -> None:
        """Send the person to the provider's page once more."""
        if self._url and self._wanted:
            await self._send()

    async def _through(self, receiver: Receiver, scopes: str, options: Mapping[str, str]) -> Arrival:
        proof = Proof.new()
        self._deadline = self._clock.now() + LIFE
        self._url = await self._gateway.authorize(
            self._provider, redirect_to=receiver.address, challenge=proof.challenge, scopes=scopes, options=options
        )
        self._go_on()
        await self._send()
        self._go_on()
        code = _code_in(await self._came(receiver))
        self._say(Asked())
        exchanged = await self._gateway.exchange(code, proof.verifier)
        receiver.settle(Verdict.ABANDONED if self._abandoned else Verdict.SIGNED_IN)
        return Arrival(exchanged.session, self._provider, exchanged.tokens)

    async def _came(self, receiver: Receiver) -> Redirected:
        waiting = self._waiting = self._spawn(receiver.wait(self._deadline))
        await asyncio.wait({waiting})
        self._go_on()
        came: Redirected = waiting.result()
        return came

    async def _send(self) -> None:
        opened = await self._open(self._url)
        problem = None if opened else _fault(ErrorKind.BROWSER_UNAVAILABLE, Outcome.MISUSE).problem
        self._say(BrowserSent(self._url, self._deadline, problem))

    def _say(self, message: Asked | BrowserSent) -> None:
        if self._wanted:
            self._listener.changed(message)
            self._listener.happened()

    @property
    def _wanted(self) -> bool:
        """Whether it is under way and somebody waits for it; a slow browser may answer later than that."""
        return self._receiver is not None and not self._abandoned

    def _go_on(self) -> None:
        if self._abandoned:
            raise _fault(ErrorKind.CANCELLED, Outcome.MISUSE)


def _code_in(came: Redirected) -> str:
    match came:
        case Granted(code):
            return code
        case Denied():
            raise _fault(ErrorKind.BROWSER_DENIED, Outcome.REFUSED)
        case Failed(problem):
            raise AuthError(problem)
        case TimedOut():
            raise _fault(ErrorKind.BROWSER_SILENT, Outcome.UNREACHABLE)
        case _:
            assert_never(came)


def _fault(kind: ErrorKind, outcome: Outcome) -> AuthError:
    return AuthError(Problem(kind, "sign_in_with", outcome))
