"""Somebody has gone to their browser to sign in: the beginning of many a story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from PySide6.QtWidgets import QPushButton

from desktopauth.core.models import Project
from desktopauth.qt.views.browser_wait import BrowserWaitView
from tests.core.fakes import Gate
from tests.qt.conftest import Room
from tests.scenario import settled, until

URL = "https://github.test/consent"
MARKUP = "<img src=x> <a href=https://x.test>click</a>"


def view(room: Room) -> BrowserWaitView:
    found = room.shell.view()
    assert isinstance(found, BrowserWaitView)
    return found


@asynccontextmanager
async def asking(room: Room, provider: str = "github") -> AsyncIterator[Gate]:
    """Somebody has pressed the button, and the server has not named the provider's page yet."""
    async with room.open():
        room.shell.offer(Project((provider,)))
        room.world.gateway.script.plan("authorize", gate := Gate())
        button = room.shell.findChild(QPushButton, f"provider_{provider}")
        assert isinstance(button, QPushButton)
        button.click()
        await gate.reached.wait()
        await settled()
        yield gate
        gate.open()


@asynccontextmanager
async def away(room: Room, provider: str = "github") -> AsyncIterator[None]:
    """Somebody is at the provider's page."""
    async with asking(room, provider) as gate:
        gate.open()
        await until(lambda: room.world.browser.opened, what="the browser")
        await settled()
        yield


def ways_on(room: Room) -> list[bool]:
    wait = view(room)
    return [part.isEnabled() for part in (wait.again, wait.copy, wait.pasting, wait.address, wait.go_on)]
