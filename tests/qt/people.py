"""People with an account of their own, and what is done in it again and again."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from desktopauth.core.models import User, UserChange
from desktopauth.qt.views.account import AccountPanel
from tests.qt.conftest import ENTER, Room
from tests.qt.work import home
from tests.scenario import settled

EVIL = "<img src=x> <a href='https://evil.example'>click</a>"


def person(identifier: str = "ada", email: str = "ada@example.com", **facts: Any) -> User:
    return User(identifier, email, MappingProxyType({"id": identifier, "email": email, **facts}))


def named(name: str) -> User:
    return person(user_metadata={"full_name": name})


def account(room: Room) -> AccountPanel:
    return home(room).account


def sent(room: Room) -> list[UserChange]:
    """What the server was asked to change."""
    return [call.arguments[1] for call in room.world.gateway.named("update_user")]


async def open_account(room: Room) -> None:
    await room.hands.press("Account")
    await room.hands.sees("Sign out everywhere")


async def rename(room: Room, name: str) -> None:
    await room.hands.fill("Name", name)
    await room.hands.key(ENTER)
    await settled()
