"""Start a child that ends with us, and wait for it without blocking the loop.

It works alike on every event loop, because it needs of the loop only ``call_soon_threadsafe``. The child watches its
stdin; we alone hold the other end of that pipe, so it closes even when we are killed.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from desktopauth.demo.threads import off_loop


def spawn(
    arguments: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: Ctrl-C in the terminal is for us, and we end the child in good order.

    Raises ``OSError``.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        [str(argument) for argument in arguments],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )


def bare_environment() -> dict[str, str]:
    """Nothing but what Windows cannot start a program without: no proxies, no tokens, no NODE_OPTIONS."""
    needed = ("SYSTEMROOT", "TEMP", "TMP") if os.name == "nt" else ()
    return {name: os.environ[name] for name in needed if name in os.environ}


def close_stdin(process: subprocess.Popen[bytes]) -> None:
    """Let go of the child's stdin, which asks it to end."""
    if process.stdin is not None:
        with suppress(OSError):  # it may have ended already
            process.stdin.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a child at once and reap it; for the ways out on which nothing can be awaited any more."""
    close_stdin(process)
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)


async def run_to_end(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child and give its exit code; being cancelled kills it."""
    try:
        return await off_loop(process.wait, name="desktopauth-child")
    except asyncio.CancelledError:
        kill(process)
        raise
    finally:
        close_stdin(process)
