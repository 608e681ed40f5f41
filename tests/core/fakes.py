"""The outside world of the core, small and in our hand: a clock and a server here, what is on disk in ``stores``.

All of them write into one journal, so that a test can say in which order things happened.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.models import Exchanged, Project, Session, User, UserChange
from desktopauth.core.ports import Mail, Scope, WayBack

START = 1_800_000_000.0  # seconds since the epoch


class ManualClock:
    """Time stands still until ``advance``."""

    def __init__(self) -> None:
        self._now = START
        self._slept = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self.waits: list[float | None] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - self._slept

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.waits.append(seconds)
        due = asyncio.Event()
        if seconds is not None:
            self._sleepers.append((self._now + seconds, due))
        both = [asyncio.ensure_future(one.wait()) for one in (event, due)]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[1] is not due]

    def suspend(self, seconds: float) -> None:
        """The lid is closed: wall time goes on, monotonic time does not, and nobody wakes by it."""
        self._now += seconds
        self._slept += seconds

    def advance(self, seconds: float) -> None:
        """Let time pass, or jump backwards; who sleeps until then wakes."""
        self._now += seconds
        for until, due in self._sleepers:
            if self._now >= until:
                due.set()


def refused(call: str, code: str, kind: ErrorKind = ErrorKind.REFUSED, **facts: Any) -> AuthError:
    return AuthError(Problem(kind, call, Outcome.REFUSED, facts.pop("status", 400), code, **facts))


def ending(code: str) -> AuthError:
    return refused("refresh", code, ErrorKind.SESSION_ENDED)


def offline(call: str = "refresh") -> AuthError:
    return AuthError(Problem(ErrorKind.OFFLINE, call, Outcome.UNREACHABLE))


class Gate:
    """An answer that is held back until ``open``; ``reached`` once somebody waits for it."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.reached, self._opened = asyncio.Event(), asyncio.Event()

    def open(self) -> None:
        self._opened.set()

    async def passed(self) -> Any:
        self.reached.set()
        await self._opened.wait()
        return self.answer


class Script:
    """Answers to play, by the name of the call; without one, the default."""

    def __init__(self) -> None:
        self._answers: defaultdict[str, deque[Any]] = defaultdict(deque)

    def plan(self, call: str, *answers: Any) -> None:
        """What the next calls come to: a value, an exception, a ``Gate``, or a callable that is asked then."""
        self._answers[call].extend(answers)

    async def play(self, call: str, default: Callable[[], Any]) -> Any:
        answer = self._answers[call].popleft() if self._answers[call] else default
        if isinstance(answer, Gate):
            gate = answer
            answer = await gate.passed()
            answer = default if answer is None else answer
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True)
class Call:
    """One request that reached the server."""

    name: str
    arguments: tuple[Any, ...] = field(repr=False)


class FakeGateway:
    """The server: counts requests and answers as planned, else with a session, one token newer each time."""

    def __init__(self, mint: Callable[[], Session], journal: list[str]) -> None:
        self.calls: list[Call] = []
        self.script = Script()
        self._mint, self._journal = mint, journal

    def count(self, name: str) -> int:
        return len(self.named(name))

    def named(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    async def _ask(self, name: str, *arguments: Any, default: Callable[[], Any]) -> Any:
        self.calls.append(Call(name, arguments))
        self._journal.append(name)
        return await self.script.play(name, default)

    async def sign_up(self, email: str, password: str, *, back: WayBack | None = None) -> Session | None:
        found: Session | None = await self._mailed("sign_up", back, email, password)
        return found

    async def sign_in(self, email: str, password: str) -> Session:
        return await self._session("sign_in", email, password)

    async def resend_confirmation(self, email: str, *, back: WayBack | None = None) -> None:
        await self._mailed("resend", back, email)

    async def send_code(self, to: str, *, create: bool, back: WayBack | None = None) -> None:
        await self._mailed("send_code", back, to, create)

    async def recover(self, email: str, *, back: WayBack | None = None) -> None:
        await self._mailed("recover", back, email)

    async def _mailed(self, name: str, back: WayBack | None, *arguments: Any) -> Any:
        return await self._ask(name, *arguments, *([back] if back else []), default=lambda: None)

    async def verify(self, to: str, code: str, mail: Mail = "email") -> Session | None:
        return await self._session("verify", to, code, *([] if mail == "email" else [mail]))

    async def authorize(
        self, provider: str, *, redirect_to: str, challenge: str, scopes: str, options: Mapping[str, str]
    ) -> str:
        asked = (provider, redirect_to, challenge, scopes, dict(options))
        found: str = await self._ask("authorize", *asked, default=lambda: f"https://{provider}.test/consent")
        return found

    async def exchange(self, code: str, verifier: str) -> Exchanged:
        found: Exchanged = await self._ask("exchange", code, verifier, default=lambda: Exchanged(self._mint()))
        return found

    async def sign_in_with_id_token(
        self, provider: str, id_token: str, *, access_token: str = "", nonce: str = ""
    ) -> Session:
        return await self._session("id_token", provider, id_token, access_token, nonce)

    async def project(self) -> Project:
        found: Project = await self._ask("project", default=lambda: Project(("github",)))
        return found

    async def update_user(self, access_token: str, change: UserChange) -> User:
        user: User = await self._ask("update_user", access_token, change, default=lambda: self._mint().user)
        return user

    async def reauthenticate(self, access_token: str) -> None:
        await self._ask("reauthenticate", access_token, default=lambda: None)

    async def refresh(self, refresh_token: str) -> Session:
        return await self._session("refresh", refresh_token)

    async def user(self, access_token: str) -> User:
        return (await self._session("user", access_token)).user

    async def sign_out(self, access_token: str, scope: Scope) -> None:
        await self._ask("sign_out", access_token, scope, default=lambda: None)

    async def _session(self, name: str, *arguments: Any) -> Session:
        found: Session = await self._ask(name, *arguments, default=self._mint)
        return found


def token(session_id: str, secret: str, **more: Any) -> str:
    """A JWT in shape; its signature is the canary."""
    body = {"session_id": session_id} if session_id else {"sub": "x"}
    return ".".join([*(_encoded(part) for part in ({"alg": "none", "typ": "JWT"}, body | more)), secret])


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def quietly(work: Any) -> None:
    """Await what may be refused, for those who only look at what came of it."""
    with suppress(AuthError):
        await work
