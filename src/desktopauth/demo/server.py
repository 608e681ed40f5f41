"""Run the demo's server: Supabase Lite in a child process that nobody outlives.

The child gets its settings, secrets included, as the first line of its stdin, and ends when that pipe closes. Its
address is used only after the child itself has said, with a nonce that we gave it, that it serves there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from desktopauth.demo.errors import DemoError
from desktopauth.demo.exclusive import exclusive
from desktopauth.demo.keys import Origin, ServerKeys, load_or_make
from desktopauth.demo.mailbox import Mailbox
from desktopauth.demo.node import find_node
from desktopauth.demo.output import Output
from desktopauth.demo.private import private_folder
from desktopauth.demo.process import bare_environment, close_stdin, kill, spawn
from desktopauth.demo.threads import off_loop
from desktopauth.resources import resource

_T = TypeVar("_T")

_log = logging.getLogger("desktopauth.demo")

_FILES = ("data.db", "data.db-journal", "keys.json", "mailbox.jsonl", "server.lock", "server.log")
_START = 30.0  # seconds that the child has for its first word; it needs about 0.3
_PATIENCE = 1.0  # seconds that a copy of the app which is just ending has to let go of the folder
_QUIET = {"LITE_TELEMETRY": "0", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
_GRACE = (0.3, 0.2, 1.0)  # seconds to end by itself, by SIGTERM, by SIGKILL


class EmbeddedServer:
    """The server of one folder, as an async context manager.

    ``folder`` keeps its database, keys and mailbox from run to run, for one server at a time. ``modules`` is what
    ``install()`` gave. ``port`` 0 takes a free one. ``jwt_expiry`` is in seconds; ``bcrypt_cost`` (4 to 31) is lowered
    by tests. ``providers`` are those that people may sign in with, by name: {"client_id", "secret", "url"} each, the
    last where it stands elsewhere than usual. ``tell`` gets a sentence when there is something that the person should
    know.

    Entering raises ``DemoError``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        modules: Path,
        port: int = 0,
        jwt_expiry: int = 3600,
        bcrypt_cost: int = 10,
        providers: Mapping[str, Mapping[str, str]] | None = None,
        tell: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self.mailbox = Mailbox(folder / "mailbox.jsonl")
        self._modules = modules
        self._wanted_port = port
        self._providers = tuple(providers or ())
        enabled = {name: {"enabled": True, **settings} for name, settings in (providers or {}).items()}
        self._settings: dict[str, object] = {"jwtExpiry": jwt_expiry, "bcryptCost": bcrypt_cost, "providers": enabled}
        self._tell = tell
        self._held = AsyncExitStack()
        self._port = 0
        self._keys: ServerKeys | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Output | None = None
        self._exit: asyncio.Future[int] | None = None
        self._ending = False

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def publishable_key(self) -> str:
        """The key that the app sends as ``apikey``."""
        return _started(self._keys).publishable

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of those that people may sign in with."""
        return self._providers

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return _started(self._process).pid

    async def ended(self) -> DemoError | None:
        """Wait until the child is gone, and say why; ``None`` if we ended it ourselves."""
        code = await asyncio.shield(_started(self._exit))
        if self._ending:
            return None
        log = self._save_output()
        _log.warning("the demo server ended by itself with code %d", code)
        return DemoError(
            "The demo server has stopped. Start the demo again; your account and your notes are kept." + log
        )

    async def __aenter__(self) -> Self:
        try:
            await self._claim()
            await self._start()
        except OSError as error:
            await self._held.aclose()
            raise DemoError(self._unusable(error)) from error
        except BaseException:
            await self._held.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        try:
            await self._end()
        finally:
            await self._held.aclose()

    async def _claim(self) -> None:
        """Make the folder private and ours alone, and read its keys."""
        private_folder(self.folder, _FILES)
        lock = exclusive(self.folder / "server.lock", patience=_PATIENCE, waiting=lambda: None)
        try:
            await self._held.enter_async_context(lock)
        except TimeoutError:
            raise DemoError(
                "The demo is already running with this profile. Use the window that is open, or close it first."
            ) from None
        known = (self.folder / "data.db").exists()
        self._keys, origin = load_or_make(self.folder)
        if origin is Origin.REPLACED or (known and origin is Origin.MADE):
            self._tell(
                "The demo server's keys were missing or damaged, so new ones were made. "
                "Your account and your notes are kept, but you may have to sign in again."
            )

    async def _start(self) -> None:
        node = await off_loop(find_node, name="desktopauth-node")
        # --liftoff-only: Lite's SQL parser is one large WebAssembly module, and V8's optimising compiler spends 500 MB
        # and a second on it, which also holds up an exit.
        command: list[str | Path] = [node.program, "--liftoff-only", resource("demo/server.mjs")]
        process = self._process = spawn(command, folder=self.folder, environment=bare_environment() | _QUIET)
        self._held.callback(self._abandon, process)
        self._output = Output(_started(process.stderr))
        self._exit = off_loop(process.wait, name="desktopauth-server-exit")
        answer = await self._ask(process)
        if "ready" not in answer:
            raise DemoError(self._refusal(str(answer.get("failed"))))
        self._output.serving()
        self._port = int(str(answer["port"]))
        _log.info("the demo server is ready, process %d", process.pid)

    async def _ask(self, process: subprocess.Popen[bytes]) -> dict[str, object]:
        """Send the settings and wait for the child's one answer; an empty one if it ends or stays silent."""
        nonce = secrets.token_urlsafe(18)
        line = json.dumps(self._config(nonce)).encode() + b"\n"
        talk = partial(_converse, _started(process.stdin), _started(process.stdout), line, nonce)
        try:
            async with asyncio.timeout(_START):
                return await off_loop(talk, name="desktopauth-server-answer")
        except TimeoutError:
            return {"failed": "silent"}

    def _config(self, nonce: str) -> dict[str, object]:
        keys = _started(self._keys)
        return self._settings | {
            "nonce": nonce,
            "modules": str(self._modules / "node_modules"),
            "folder": str(self.folder),
            "schema": str(resource("demo/schema.sql")),
            "port": self._wanted_port,
            "jwtSecret": keys.jwt_secret,
            "publishableKey": keys.publishable,
            "secretKey": keys.secret,
        }

    async def _end(self) -> None:
        process, gone = _started(self._process), _started(self._exit)
        for step, seconds in zip((close_stdin, _terminate, _kill), _GRACE, strict=True):
            step(process)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.shield(gone)
                return

    @staticmethod
    def _abandon(process: subprocess.Popen[bytes]) -> None:
        # The last thing on every way out: whatever was cancelled or raised, no child stays behind.
        kill(process)

    def _refusal(self, reason: str) -> str:
        match reason:
            case "port_in_use":
                return (
                    f"Port {self._wanted_port} is in use by another program. Close that program, or start the demo "
                    "with another port, or with none to let it find a free one."
                )
            case "port_refused":
                return f"This system does not let us use port {self._wanted_port}. Choose one between 1024 and 65535."
            case "database_damaged":
                return (
                    f"The demo's database in {self.folder} is damaged. Move that folder somewhere else and start "
                    "again: the demo begins anew, and nothing in the old folder is deleted." + self._save_output()
                )
            case _:
                return "The demo server could not start." + self._save_output()

    def _save_output(self) -> str:
        """Keep the child's last words, and the sentence that says where."""
        path = self.folder / "server.log"
        try:
            _started(self._output).save(path)
        except OSError:
            return ""
        return f" Details are in {path}"

    def _unusable(self, error: OSError) -> str:
        return (
            f"The demo cannot use the folder {self.folder}: {error.strerror or 'it is not accessible'}. "
            "Check that it belongs to you, can be written to, and that the disk is not full."
        )


def _converse(stdin: IO[bytes], stdout: IO[bytes], line: bytes, nonce: str) -> dict[str, object]:
    with suppress(OSError):  # a child that is dead already has nothing to say, which the next lines find out
        stdin.write(line)
        stdin.flush()
    with stdout:
        for said in stdout:
            with suppress(ValueError):
                answer = json.loads(said)
                if isinstance(answer, dict) and answer.get("nonce") == nonce:
                    return answer
    return {}


def _terminate(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()


def _started(value: _T | None) -> _T:
    if value is None:
        raise RuntimeError("the demo server has not been started")
    return value
