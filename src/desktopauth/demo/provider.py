"""The demo's pretend GitHub: the npm package oauth2-mock-server, behind a page to press Allow or Cancel on.

So that a door through the browser can be tried with no account anywhere. It listens on loopback only, signs in one
person who is made up, and ends with its stdin, as the server does.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from desktopauth.demo.errors import DemoError
from desktopauth.demo.node import find_node
from desktopauth.demo.process import bare_environment, kill, spawn
from desktopauth.demo.threads import off_loop
from desktopauth.resources import resource

# An address that nobody types: the server joins accounts of one address, and this door asks for no password.
PERSON = {"id": 1, "login": "ada-example", "name": "Ada Example", "email": "ada@pretend.example"}
_START = 15.0  # seconds that it has for its one word; it needs about 0.3
_FAILED = "The pretend GitHub could not start."


@dataclass(frozen=True, slots=True)
class Provider:
    """It knows nothing but the person who sits at the browser. ``url`` has no slash at its end."""

    url: str
    pid: int
    _stdin: IO[bytes]

    @property
    def settings(self) -> dict[str, str]:
        """What an ``EmbeddedServer`` is told of it. It asks nobody for the secret, which is none."""
        return {"client_id": "desktopauth-demo", "secret": "not a secret here", "url": self.url}

    def seat(self, person: Mapping[str, object]) -> None:
        """They are who is signed in there, as soon as it has read it: ``{"id", "login", "name", "email"}``."""
        _seat(self._stdin, person)


@asynccontextmanager
async def provider(modules: Path) -> AsyncIterator[Provider]:
    """Run it, with ``PERSON`` at the browser. ``modules`` is what ``install()`` gave for it. Raises DemoError."""
    node = await off_loop(find_node, name="desktopauth-node")
    command = [node.program, resource("demo/provider/provider.mjs"), modules / "node_modules"]
    try:
        process = spawn(command, folder=modules, environment=bare_environment(), stderr=subprocess.DEVNULL)
    except OSError as error:
        raise DemoError(_FAILED) from error
    try:
        yield await _started(process)
    finally:
        kill(process)  # it has nothing to tidy up


async def _started(process: subprocess.Popen[bytes]) -> Provider:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the provider was started without its pipes")
    try:
        _seat(process.stdin, PERSON)
        async with asyncio.timeout(_START):
            port = await off_loop(partial(_port, process.stdout), name="desktopauth-provider-answer")
    except (TimeoutError, ValueError, OSError) as error:  # silent, another word than its port, gone again
        raise DemoError(_FAILED) from error
    return Provider(f"http://127.0.0.1:{port}", process.pid, process.stdin)


def _seat(stdin: IO[bytes], person: Mapping[str, object]) -> None:
    stdin.write(json.dumps(person).encode() + b"\n")
    stdin.flush()


def _port(stdout: IO[bytes]) -> int:
    with stdout:
        return int(json.loads(stdout.readline())["port"])
