"""Run as a program: use ``connect()`` in a process that kills itself at the moment that it is told.

Each line on stdin is an order: {"config", "folder", "do", "email", "password", "die"}. ``die`` counts the moments:
before and after each write to the keyring and to the state files, and when an answer of the server has come. For each
order a child is forked, so that everything is imported once; the line printed is "killed", or "ended 0" when there was
no such moment.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktopauth.adapters.backends import SystemKeyring
from desktopauth.adapters.config import Config
from desktopauth.adapters.gateway import SupabaseGateway, warm
from desktopauth.adapters.statefile import StateFile
from desktopauth.connect import connect


class Moments:
    """Counts them, and ends this process by SIGKILL at the one that was ordered."""

    def __init__(self, last: int) -> None:
        self._left = last

    def pass_one(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def around(self, kind: type, name: str) -> None:
        original = getattr(kind, name)

        @functools.wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.pass_one()
            result = original(*args, **kwargs)
            self.pass_one()
            return result

        setattr(kind, name, wrapper)

    def after_answer(self, name: str) -> None:
        original = getattr(SupabaseGateway, name)

        @functools.wraps(original)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            self.pass_one()
            return result

        setattr(SupabaseGateway, name, wrapper)


async def act(order: dict[str, Any]) -> None:
    config, settled = Config(**order["config"]), asyncio.Event()
    async with connect(config, folder=Path(order["folder"])) as auth:
        auth.subscribe(lambda _: settled.set())
        await settled.wait()
        match order["do"]:
            case "sign_in":
                watch(order["die"], SupabaseGateway.sign_in.__name__)
                await auth.sign_in(order["email"], order["password"])
            case "refresh":
                watch(order["die"], SupabaseGateway.refresh.__name__)
                await auth.refresh()
            case "sign_out":
                watch(order["die"], SupabaseGateway.sign_out.__name__)
                auth.sign_out()


def watch(die: int, answer: str) -> None:
    """From here on the moments count."""
    moments = Moments(die)
    for kind, names in ((SystemKeyring, ("set", "delete")), (StateFile, ("write", "lay", "lift"))):
        for name in names:
            moments.around(kind, name)
    moments.after_answer(answer)


def forked(work: Callable[[], None]) -> int:
    if (pid := os.fork()) == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]


def main() -> None:
    warm()
    for line in sys.stdin:
        order = json.loads(line)
        status = forked(lambda order=order: asyncio.run(act(order)))  # type: ignore[misc]
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write("killed\n" if killed else f"ended {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
