"""Somebody writes a note, and their session ends over it: the beginning of many a story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from desktopauth.core.state import Interrupted
from desktopauth.qt.views.home import HomeView
from desktopauth.qt.views.interrupted import InterruptedView
from tests.core.fakes import ending, quietly
from tests.qt.conftest import ENTER, Room
from tests.scenario import settled, until

MANY = [f"note {number}" for number in range(60)]
GIVE_UP = "Sign out, and discard what isn't saved"


def home(room: Room) -> HomeView:
    found = room.shell.findChild(HomeView)
    assert isinstance(found, HomeView)
    return found


def form(room: Room) -> InterruptedView:
    found = room.shell.view()
    assert isinstance(found, InterruptedView)
    return found


async def cut_off(room: Room, code: str = "session_not_found") -> None:
    room.world.gateway.script.plan("refresh", ending(code))
    await quietly(room.world.auth_now.refresh())
    await until(lambda: isinstance(room.world.who(), Interrupted))
    await settled()


async def may_type(room: Room) -> None:
    await until(lambda: room.focus() == "password", what="the focus in the password field")


async def comes_back(room: Room) -> None:
    await may_type(room)
    await room.hands.type_in(room.world.password)
    await room.hands.key(ENTER)
    await room.hands.sees("Hello, ada@example.com")


@asynccontextmanager
async def writing(room: Room, words: str = "milk") -> AsyncIterator[None]:
    """Somebody with notes is writing another one."""
    room.notes.bodies = list(MANY)
    async with room.signed_in():
        await room.hands.until(lambda: home(room).notes.list.count() == len(MANY), "the notes")
        await room.hands.type_in(words)
        yield
