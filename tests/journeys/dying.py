"""Run as a program: use ``connect()`` in a process that kills itself at the moment that it is told.

Each line on stdin is an order: {"config", "folder", "do", "email", "password", "die"}. ``die`` counts the moments:
before and after each write to the keyring, before each file of the account is opened, renamed or removed (locks, state
file, marks), and when an answer of the server has come. For each order a child is forked, so that everything is
imported once; the line printed is "killed", or "ended 0" when there was no such moment.
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
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.gateway import SupabaseGateway, warm
from desktopauth.adapters.vault import forget_entry
from desktopauth.connect import connect

_FILES = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod")


def _reads(event: str, args: tuple[Any, ...]) -> bool:
    return event == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR)


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

    def before_files(self, folder: str) -> None:
        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event in _FILES and str(args[0]).startswith(folder) and not _reads(event, args):
                self.pass_one()

        sys.addaudithook(hook)

    def after_answer(self, name: str) -> None:
        original = getattr(SupabaseGateway, name)

        @functools.wraps(original)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            self.pass_one()
            return result

        setattr(SupabaseGateway, name, wrapper)


async def act(order: dict[str, Any]) -> None:
    config, folder, die, settled = Config(**order["config"]), Path(order["folder"]), order["die"], asyncio.Event()
    if order["do"] == "forget":
        watch(die, folder)
        assert await forget_entry(entry_name(config.app_id, config.project_id, config.profile_id), folder) is None
        return
    async with connect(config, folder=folder) as auth:
        auth.subscribe(lambda _: settled.set())
        await settled.wait()
        match order["do"]:
            case "sign_in":
                watch(die, folder, SupabaseGateway.sign_in.__name__, SupabaseGateway.sign_out.__name__)
                await auth.sign_in(order["email"], order["password"])
            case "refresh":
                watch(die, folder, SupabaseGateway.refresh.__name__)
                await auth.refresh()
            case "sign_out":
                watch(die, folder, SupabaseGateway.sign_out.__name__)
                await auth.sign_out().settled()


def watch(die: int, folder: Path, *answers: str) -> None:
    """From here on the moments count."""
    moments = Moments(die)
    for name in ("set", "delete"):
        moments.around(SystemKeyring, name)
    moments.before_files(str(folder))
    for answer in answers:
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
