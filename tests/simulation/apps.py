"""What the person sees of either client: an app that is opened, used, signed in and out of, and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from tests.simulation.machine import Killed, Process
from tests.simulation.verdict import Verdict


class App(Protocol):
    """One process with one client in it. ``session_id`` is whom it shows; every call ends when the process does."""

    process: Process

    @property
    def session_id(self) -> str | None: ...

    @property
    def refreshing(self) -> bool: ...

    @property
    def wants_sign_in(self) -> bool:
        """Whether it shows a form, or asks the same person to sign in again."""

    async def start(self) -> None: ...

    async def sign_in(self) -> None: ...

    async def sign_out(self) -> None: ...

    async def ask_keyring(self) -> None:
        """Try again what the keyring would not tell."""

    async def use(self, callers: int) -> None:
        """Do something that takes a live token, so many times at once."""

    def nudge(self) -> None: ...

    async def close(self) -> None: ...


async def bounded(process: Process, work: Coroutine[Any, Any, Any], verdict: Verdict, what: str, limit: float) -> bool:
    """Run one call of a process; whether it came to an end that is no error. One that takes too long is noted."""
    if not process.alive:
        work.close()
        return False
    task = process.spawn(work)
    done, _ = await asyncio.wait({task}, timeout=limit)
    if not done:
        if process.alive:
            verdict.breach("endless_calls", "%s: %s takes more than %.0f s", process.name, what, limit)
        task.cancel()
        return False
    if task.cancelled():
        return False
    error = task.exception()
    if error is not None and not isinstance(error, Killed):
        verdict.say("%s: %s failed: %r", process.name, what, error)
    return error is None
