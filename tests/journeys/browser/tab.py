"""Playwright, and through it one page of the browser as a person sees it and puts their hands on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

_T = TypeVar("_T")
PATIENCE = 20.0  # seconds for a start, a page or an end


class Driver:
    """Playwright, in a thread of its own: it has a loop of its own, and the tests' is sometimes Qt's."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="playwright")
        self._playwright: Playwright | None = None

    async def do(self, work: Callable[[], _T]) -> _T:
        return await asyncio.wrap_future(self._thread.submit(work))

    def attach(self, port: int) -> Browser:
        """In its thread: get hold of the browser that listens at ``port``."""
        from playwright.sync_api import sync_playwright

        if self._playwright is None:
            self._playwright = sync_playwright().start()
        return self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}", timeout=5_000)

    def call(self, work: Callable[[], object]) -> None:
        """The same as ``do`` where there is no loop."""
        self._thread.submit(work).result()

    def end(self) -> None:
        if self._playwright:
            self.call(self._playwright.stop)
        self._thread.shutdown()


@dataclass(frozen=True)
class Tab:
    """One page of the browser."""

    page: Page
    driver: Driver

    async def press(self, name: str) -> None:
        await self.driver.do(lambda: self.page.get_by_role("button", name=name).click(no_wait_after=True))

    async def reads(self, title: str) -> str:
        """Wait for a page with this heading; its whole text as HTML."""
        wanted = self.page.get_by_role("heading", name=title, exact=True)
        await self.driver.do(lambda: wanted.wait_for(timeout=PATIENCE * 1000))
        return await self.driver.do(self.page.content)

    async def address(self) -> str:
        return await self.driver.do(lambda: self.page.evaluate("location.href"))

    async def language(self) -> str:
        return await self.driver.do(lambda: self.page.evaluate("document.documentElement.lang"))

    async def looks(self, what: str, name: str) -> str:
        """How the first such element is drawn, by the name of a style."""
        return await self.driver.do(
            lambda: self.page.evaluate("([a, b]) => getComputedStyle(document.querySelector(a))[b]", [what, name])
        )

    async def go(self, url: str) -> int:
        """Type an address into the line; the status of the page at its end."""
        found = await self.driver.do(lambda: self.page.goto(url))
        return found.status if found else 0

    async def reload(self) -> None:
        await self.driver.do(self.page.reload)

    async def close(self) -> None:
        await self.driver.do(self.page.close)

    async def way_back(self) -> list[str]:
        """The addresses that its Back and Forward buttons lead to, and the one it is at."""
        return await self.driver.do(self._entries)

    async def fails(self) -> str:
        """Wait for the browser's own page about an address that it could not reach; that address."""

        def wait() -> str:
            deadline = time.monotonic() + PATIENCE
            while not self.page.url.startswith("chrome-error:"):
                assert time.monotonic() < deadline, "the page can be reached"
                self.page.wait_for_timeout(20)
            return self._entries()[-1]

        return await self.driver.do(wait)

    def _entries(self) -> list[str]:
        session = self.page.context.new_cdp_session(self.page)
        return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]
