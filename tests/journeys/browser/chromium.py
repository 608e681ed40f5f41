"""Debian's Chromium as the system's browser: started by $BROWSER like any other, and looked at by Playwright.

It has a screen and a profile of its own. Nothing is downloaded: Playwright only brings the words in which a running
browser is spoken to.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.demo.children import alive
from tests.journeys.browser.tab import PATIENCE, Driver, Tab
from tests.scenario import need

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_OPTIONS = (
    *("--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-gpu"),
    *("--password-store=basic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),  # Chromium refuses to build one for root
)
# As a desktop's own opener does, it starts the browser and ends; a second start reaches the one that runs.
_SCRIPT = """#!/bin/sh
printf '%s\\n' "$@" >>{told}
export DISPLAY={display} HOME={home} XDG_CONFIG_HOME={home} XDG_CACHE_HOME={home}
{chromium} {options} --user-data-dir={profile} "$@" >>{log} 2>&1 &
echo $! >>{processes}
"""
_END_OF_CHAIN = 0x20000000  # of a visit that is not followed by a redirect (Chromium's ui/base/page_transition_types.h)


@dataclass
class Chromium:
    """The browser of one test: not running until something is opened by ``command``."""

    folder: Path
    driver: Driver
    display: str
    surroundings: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    _browser: Browser | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.profile.mkdir(parents=True)
        self.set_up()

    def set_up(self, *more: str) -> None:
        """Have ``command`` start it with ``more`` options."""
        names = {name: shlex.quote(str(self.folder / name)) for name in ("told", "home", "log", "processes", "profile")}
        names |= {"chromium": shlex.quote(need("chromium")), "display": self.display}
        self.command.write_text(_SCRIPT.format(options=shlex.join([*_OPTIONS, *more]), **names), encoding="utf-8")
        self.command.chmod(0o700)

    def reach_only(self, *urls: str) -> None:
        """From its next start on nothing else can be reached on this machine, as by a proxy that knows no loopback."""
        places = ";".join(url.removeprefix("http://") for url in urls)
        self.set_up("--proxy-server=http://127.0.0.1:9", f"--proxy-bypass-list=<-loopback>;{places}")

    @property
    def command(self) -> Path:
        """What $BROWSER names."""
        return self.folder / "browser"

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def told(self) -> list[str]:
        """All arguments that it was ever started with: addresses, where nothing is wrong."""
        return self._lines("told")

    async def visit(self, url: str) -> None:
        """Somebody puts an address into it by hand."""
        process = await asyncio.create_subprocess_exec(self.command, url, env=self.surroundings)
        assert await process.wait() == 0

    async def tab(self, part: str, *, nth: int = 0) -> Tab:
        """The ``nth`` page whose address has ``part`` in it, once it is there."""
        return Tab(await self.driver.do(lambda: self._find(part, nth)), self.driver)

    async def gone(self) -> None:
        """Wait until it has ended by itself, as it does with its last page."""
        await self.driver.do(lambda: _wait(self._ended))
        self._browser = None

    async def end(self) -> None:
        """Have it close in good order, as by its menu: what it keeps is on disk then."""
        await self.driver.do(self.close)

    def close(self) -> None:
        """The same in the driver's thread; what does not end then is killed."""
        from playwright.sync_api import Error

        with suppress(AssertionError):
            _wait(lambda: self._ended() or self._pages())
            with suppress(Error):  # it hangs up while it answers
                if self._browser:
                    self._browser.new_browser_cdp_session().send("Browser.close")
            _wait(self._ended)
        for process in filter(alive, self._processes()):
            os.kill(process, signal.SIGKILL)
        self._browser = None

    # ---- what it keeps, once it has ended

    def visits(self) -> list[str]:
        """The addresses that its history lists."""
        return self._history(f"transition & {_END_OF_CHAIN}")

    def hops(self) -> list[str]:
        """Those, and the ones from which it was sent on."""
        return self._history("true")

    def files_with(self, *texts: str) -> list[str]:
        """The files of the profile that hold any of ``texts``, in one of the ways in which it writes them."""
        spelled = [text.encode(coding) for text in texts for coding in ("utf-8", "utf-16-le")]
        files = [path for path in self.profile.rglob("*") if path.is_file()]
        return sorted(path.name for path in files if any(text in path.read_bytes() for text in spelled))

    def _history(self, which: str) -> list[str]:
        asked = f"select urls.url from urls join visits on visits.url = urls.id where {which} order by visits.id"
        with closing(sqlite3.connect(f"file:{self.profile}/Default/History?mode=ro", uri=True)) as base:
            return [url for (url,) in base.execute(asked)]

    # ---- the rest

    def _find(self, part: str, nth: int) -> Page:
        deadline, seen = time.monotonic() + PATIENCE, list[str]()
        while time.monotonic() < deadline:
            pages = self._pages()
            for page in pages[:1]:
                page.wait_for_timeout(20)  # Playwright hears of what has happened while it waits
            if len(found := [page for page in pages if part in page.url]) > nth:
                return found[nth]
            seen = [page.url.partition("?")[0] for page in pages]
            time.sleep(0 if pages else 0.02)
        raise AssertionError(f"no page has {part} in its address; open are {seen}")

    def _pages(self) -> list[Page]:
        """All that are open; none while it is starting, be it once more."""
        from playwright.sync_api import Error

        if not (self._browser and self._browser.is_connected()):
            told = self.profile / "DevToolsActivePort"
            port = told.read_text(encoding="ascii").partition("\n")[0] if told.exists() else ""
            try:
                self._browser = self.driver.attach(int(port or 0))
            except Error:  # nobody is there yet, or it is the port of one that has ended
                return []
        return [page for context in self._browser.contexts for page in context.pages]

    def _ended(self) -> bool:
        return not any(map(alive, self._processes()))

    def _processes(self) -> list[int]:
        return [int(line) for line in self._lines("processes")]

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _wait(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "the browser did not do it"
        time.sleep(0.02)
