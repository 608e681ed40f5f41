"""Run as a program: one copy of an app, with ``connect()`` alone, that tells what happens to it.

The first line on stdin is {"config", "folder"}; each later one an order: [deed, *words] with a deed of ``Auth``. On
stdout each line is an event, {"event", "reason", "cause"}, or {"done", "status", "user", "error"} for an order. It
needs a live token all the time, as an app does that makes data calls, and tells the moment that it had none. No secret
is ever printed. It ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from desktopauth.adapters.config import Config
from desktopauth.connect import connect
from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthChange

_PAUSE = 0.5  # seconds between two data calls


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def heard(change: AuthChange) -> None:
    say(event=change.event, reason=change.reason, cause=change.cause)


async def obey(auth: Auth, deed: str, *words: str) -> None:
    error = ""
    try:
        done = getattr(auth, deed)(*words)
        if asyncio.iscoroutine(done):
            await done
    except AuthError as problem:
        error = problem.problem.kind
    say(done=deed, status=auth.status, user=auth.user.id if auth.user else "", error=error)


async def works(auth: Auth) -> None:
    """Say whenever there is no token although somebody is signed in."""
    while True:
        signed_in = auth.user is not None
        try:
            missing = "" if await auth.access_token() else "nobody"
        except AuthError as problem:
            missing = problem.problem.kind
        if signed_in and auth.user and missing:
            say(event="NO_TOKEN", reason=None, cause=missing)
        await asyncio.sleep(_PAUSE)


async def main() -> None:
    loop, orders = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    given = json.loads(await orders.readline())
    async with connect(Config(**given["config"]), folder=Path(given["folder"])) as auth:
        auth.subscribe(heard)
        working = asyncio.ensure_future(works(auth))
        while line := await orders.readline():
            await obey(auth, *json.loads(line))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
