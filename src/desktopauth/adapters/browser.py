"""Open an address in the system's browser: never by a shell, never with what belongs to a frozen bundle alone.

`webbrowser` hands the bundle's libraries on to the browser, which then does not start, and says nothing of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

_log = logging.getLogger("desktopauth.browser")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST = 8_192  # characters; Windows takes 32,767 for a whole command line
_TO_FAIL = 3.0  # seconds in which a command that cannot open anything has said so; browsers may stay in the foreground
# Where the system's loader looks; PyInstaller's bootloader keeps what was there before under the name with _ORIG.
_KEPT = {f"{name}_ORIG": name for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH", "LIBPATH")}
_BOOTLOADER = ("_PYI_", "_MEIPASS")  # by these a program that is frozen too would take itself for our child
_OPENERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "darwin": (("/usr/bin/open",),),
    "linux": (("xdg-open",), ("gio", "open"), ("wslview",), ("x-www-browser",)),
}


@dataclass(frozen=True, slots=True)
class Opener:
    """A program that opens web pages, by its whole path; ``named``: it is the person's own choice, in $BROWSER."""

    program: str
    arguments: tuple[str, ...] = ()
    named: bool = False

    def command(self, url: str) -> list[str]:
        """What is started: ``url`` stands where the arguments say ``%s``, or at their end."""
        placed = [argument.replace("%s", url) for argument in self.arguments]
        return [self.program, *placed, *([url] if placed == [*self.arguments] else [])]


def may_be_opened(url: str) -> bool:
    """Whether a browser may be sent there: https, or http on this machine, and nothing that a command could misread."""
    if len(url) > _LONGEST or not all("!" <= letter <= "~" and letter not in "\"'<>\\^`{|}" for letter in url):
        return False
    try:
        where = urlsplit(url)
        host, port = where.hostname, where.port
    except ValueError:
        return False
    if not host or port == 0 or "@" in where.netloc:
        return False
    return where.scheme == "https" or (where.scheme == "http" and host in _LOOPBACK)


async def open_in_browser(url: str) -> bool:
    """Whether something was started that says nothing against it; up to some seconds, in a thread of its own.

    The commands in $BROWSER come first, as for `webbrowser` and xdg-open. Raises ValueError, which does not repeat
    the address, if it may not be opened.
    """
    if not may_be_opened(url):
        raise ValueError("only https addresses, and http ones on this machine, are opened in a browser")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def work() -> None:
        found = False
        try:
            found = _open(url)
        finally:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_set, answer, found)

    # not on the loop's executor, whose threads Python waits for when it ends
    threading.Thread(target=work, name="desktopauth-browser", daemon=True).start()
    return await answer


def first_opener() -> Opener | None:
    """What ``open_in_browser`` would try first. Nothing is started."""
    windows = Opener("the system's own program") if sys.platform == "win32" else None
    return next(_found(_environment()), windows)


def named_program() -> str:
    """What $BROWSER names first, be it there or not; nothing where it names nothing that could be run."""
    return next((words[0] for words in _named(_environment())), "")


def clean_environment(environ: Mapping[str, str], bundle: str | None) -> dict[str, str]:
    """``environ`` as it was before a frozen ``bundle`` (its folder; None: not frozen) put its own into it."""
    kept = {_KEPT[name]: value for name, value in environ.items() if name in _KEPT}
    found = {name: value for name, value in environ.items() if name not in _KEPT} | kept
    if bundle is not None:
        found = {name: _outside(value, bundle) for name, value in found.items() if not name.startswith(_BOOTLOADER)}
    return {name: value for name, value in found.items() if value or environ.get(name) == ""}


def _outside(value: str, bundle: str) -> str:
    """A list of paths without those in the bundle; anything else as it is."""
    parts = value.split(os.pathsep)
    others = [part for part in parts if part != bundle and not part.startswith(bundle + os.sep)]
    return value if len(others) == len(parts) else os.pathsep.join(others)


def _open(url: str) -> bool:
    environ = _environment()
    return any(_starts(opener.command(url), environ) for opener in _found(environ)) or _by_windows(url)


def _environment() -> dict[str, str]:
    return clean_environment(os.environ, getattr(sys, "_MEIPASS", None))


def _found(environ: Mapping[str, str]) -> Iterator[Opener]:
    """What is there of all that could open a page, in the order in which it is tried."""
    candidates = [(words, True) for words in _named(environ)]
    candidates += [([*words], False) for words in _OPENERS.get(sys.platform, ())]
    for words, named in candidates:
        program = shutil.which(words[0], path=environ.get("PATH"))
        if program and not program.lower().endswith((".bat", ".cmd")):  # Windows runs those by a shell
            yield Opener(program, tuple(words[1:]), named=named)


def _named(environ: Mapping[str, str]) -> Iterator[list[str]]:
    for wanted in environ.get("BROWSER", "").split(os.pathsep):
        with suppress(ValueError):  # a quotation mark too few
            words = [word for word in shlex.split(wanted, posix=os.name == "posix") if word != "&"]
            if words:
                yield words


def _starts(command: list[str], environ: Mapping[str, str]) -> bool:
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, env=environ, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except (OSError, ValueError) as error:
        _log.info("%s cannot be started (%s)", command[0], type(error).__name__)
        return False
    try:
        ended = process.wait(_TO_FAIL)
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, name="desktopauth-browser-end", daemon=True).start()
        return True
    if ended:
        _log.info("%s could not open a browser (%d)", command[0], ended)
    return ended == 0


def _by_windows(url: str) -> bool:
    if sys.platform == "win32":
        try:
            os.startfile(url)  # noqa: S606 - the program is the one that the person has chosen
        except OSError as error:
            _log.info("no program opens web addresses (%d)", error.winerror or 0)
            return False
        return True
    return False


def _set(answer: asyncio.Future[bool], found: bool) -> None:
    if not answer.done():
        answer.set_result(found)
