"""Somebody at the app's window with nothing but a keyboard: real keys, on a real screen, in a real process.

Run as a program it is that app: the real command line with eyes in its window, which tell what has the focus.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QKeyEvent, QWindow
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListWidget, QWidget

from desktopauth.core.errors import AuthError
from desktopauth.demo.server import EmbeddedServer
from desktopauth.qt.hands import Hands, NotSeenError
from desktopauth.qt.shell import Shell
from tests.canary import Canary
from tests.journeys import processes, with_hands
from tests.journeys.processes import App, Started, started
from tests.journeys.test_instance import screen
from tests.scenario import need, until

__all__ = ["screen", "seated", "started"]

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)
_MOST = 40  # stops of Tab in one view


# ---- in the app


class Ear(QObject):
    """Counts the keys that the screen has given to the app's windows."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, QWindow) and isinstance(event, QKeyEvent):
            self.count += event.spontaneous() and event.key() not in _MODIFIERS
        return False


class Eyes(Hands):
    """What somebody sees of the focus, or has read to them."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._ear = Ear()
        QApplication.instance().installEventFilter(self._ear)  # type: ignore[union-attr]

    async def window(self) -> int:
        """By which name the screen knows it."""
        return int(self._window.winId())

    async def active(self) -> None:
        await self.until(self._window.isActiveWindow, "the keyboard")

    async def as_wide_as(self, pixels: str) -> None:
        await self.until(lambda: self._window.width() == int(pixels), f"{pixels} pixels, not {self._window.width()}")

    async def heard(self, keys: str) -> None:
        """So many keys have come and done what they do."""
        await self.until(lambda: self._ear.count >= int(keys), f"{keys} keys, and not {self._ear.count}")

    async def focus(self) -> str:
        """The name of what has the focus, as it is read out, and what it is."""
        return json.dumps(_described(QApplication.focusWidget()))

    async def focused(self, name: str) -> None:
        await self.until(lambda: _named(QApplication.focusWidget()) == name, f'the focus on "{name}"', also=True)

    async def within_reach(self) -> str:
        """Everything that a mouse could use here now."""
        kinds: tuple[type[QWidget], ...] = (QAbstractButton, QLineEdit, QListWidget)
        found = [part for kind in kinds for part in self._visible(kind) if part.isEnabled()]
        return json.dumps([_named(part) for part in found])

    async def value(self) -> str:
        """What is written where the focus is."""
        focus = QApplication.focusWidget()
        return focus.text() if isinstance(focus, QLineEdit) else ""

    async def menu(self) -> str:
        """The line of the open menu that is marked."""
        popup: Any = QApplication.activePopupWidget()
        line = popup.activeAction() if popup else None
        return line.text() if line else "" if popup else "no menu"

    async def refresh(self) -> None:
        """No deed of anybody: the session comes to its next refresh."""
        with suppress(AuthError):
            await self._window.bus._auth.refresh()  # type: ignore[attr-defined]

    async def until(self, there: Any, what: str, *, also: bool = False) -> None:
        try:
            await super().until(there, what)
        except NotSeenError as error:
            raise (NotSeenError(f"{error}; {await self.focus()}") if also else error) from None


def _named(widget: QWidget | None) -> str:
    spoken = QAccessible.queryAccessibleInterface(widget) if widget else None
    return spoken.text(QAccessible.Text.Name) if spoken else ""


def _described(widget: QWidget | None) -> dict[str, object]:
    if widget is None:
        return {"name": "", "kind": "nothing", "one": 0, "whole": True}
    whole = widget.visibleRegion().boundingRect() == widget.rect()
    return {"name": _named(widget), "kind": type(widget).__name__, "one": id(widget), "whole": whole}


def main() -> int:
    attach = Shell.attach

    def attached(shell: Shell, bus: Any, *more: Any) -> None:
        shell.bus = bus  # type: ignore[attr-defined]
        attach(shell, bus, *more)

    Shell.attach = attached  # type: ignore[method-assign, assignment]
    with_hands.Hands = Eyes  # type: ignore[attr-defined]
    return with_hands.main()


# ---- in the test


@dataclass
class Keyboard:
    """Its keys go to the screen, and from there to whatever has the focus."""

    app: App
    screen: str
    xdotool: str
    _struck: int = field(default=0, init=False)

    async def is_given(self, size: tuple[int, int] | None = None) -> None:
        """What a window manager does for a new window, and this screen has none; ``size`` in pixels."""
        window = await self.app.do("window")
        await self._order("windowfocus", window)
        await self.app.do("active")
        if size:
            await self._order("windowsize", window, *map(str, size))
            await self.app.do("as_wide_as", str(size[0]))

    async def hit(self, *keys: str) -> None:
        """Tab, Return, Escape, space, shift+Tab: one after the other."""
        await self._order("key", "--delay", "2", *keys)
        await self._came(len(keys))

    async def type(self, words: str) -> None:
        await self._order("type", "--delay", "2", "--file", "-", told=words)  # where no other program sees it
        await self._came(len(words))

    async def hits_until(self, name: str, key: str = "Tab") -> None:
        """Tab to what is called ``name``."""
        passed = []
        for _ in range(_MOST):
            passed.append((await self.focus())["name"])
            if passed[-1] == name:
                return
            await self.hit(key)
        pytest.fail(f"{key} never came to {name!r}; it came by {passed}")

    async def focus(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.app.do("focus"))
        return found

    async def on(self, name: str) -> None:
        """This is where they go on."""
        await self.app.do("focused", name)

    async def round(self) -> list[str]:
        """Tab once round the view: every stop is in sight, all that is enabled is among them, and the way back is too.

        The focus is where it was in the end; the names of the stops, in their order.
        """
        there, back = await self._stops("Tab"), await self._stops("shift+Tab")
        names, ways = _names(there), [_names(there), _names([back[0], *reversed(back[1:])])]
        assert ways[0] == ways[1], ways
        hidden = [_names([stop for stop in way if not stop["whole"]]) for way in (there, back)]
        assert hidden == [[], []], f"out of sight: {hidden}"
        reached, present = sorted(names), sorted(json.loads(await self.app.do("within_reach")))
        assert reached == present, (reached, present)
        assert all(names), [stop["kind"] for stop in there if not stop["name"]]
        return names

    async def _stops(self, key: str) -> list[dict[str, Any]]:
        stops = [await self.focus()]
        for _ in range(_MOST):
            await self.hit(key)
            focus = await self.focus()
            if focus["one"] == stops[0]["one"]:
                return stops
            stops.append(focus)
        pytest.fail(f"{key} never comes round: {[stop['name'] for stop in stops]}")

    async def _came(self, keys: int) -> None:
        self._struck += keys
        await self.app.do("heard", str(self._struck))

    async def _order(self, *words: str, told: str = "") -> None:
        process = await asyncio.create_subprocess_exec(
            *(self.xdotool, *words), stdin=asyncio.subprocess.PIPE, env={"DISPLAY": self.screen}
        )
        await process.communicate(told.encode())
        assert process.returncode == 0, words


def _names(stops: list[dict[str, Any]]) -> list[str]:
    return [str(stop["name"]) for stop in stops]


class Seated:
    """Start the app and sit down at its keyboard: ``async with seated(server) as (app, keys)``; None for no project."""

    def __init__(self, started: Started, screen: str, folder: Path) -> None:
        self._started, self._screen, self._folder = started, screen, folder
        self._xdotool = need("xdotool")

    @asynccontextmanager
    async def __call__(
        self, server: EmbeddedServer | None, *, size: tuple[int, int] | None = None, **environment: str
    ) -> AsyncIterator[tuple[App, Keyboard]]:
        project = ["--url", server.url, "--key", server.publishable_key] if server else []
        place = {"DISPLAY": self._screen, "QT_QPA_PLATFORM": "xcb", "QT_IM_MODULE": "compose"}
        place |= {} if server else {"DESKTOPAUTH_URL": "", "DESKTOPAUTH_KEY": ""}
        where = ("run", *project, "--store", "memory", "--profile-dir", self._folder / "profile")
        async with self._started(*where, **(place | environment)) as app:
            keys = Keyboard(app, self._screen, self._xdotool)
            await keys.is_given(size)
            yield app, keys
            app.close_window()
            assert await app.ends() == 0


@pytest.fixture
def seated(started: Started, screen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seated:
    monkeypatch.setattr(processes, "PROGRAM", Path(__file__))
    return Seated(started, screen, tmp_path)


async def code_from(server: EmbeddedServer, email: str, *, nth: int) -> str:
    """The code in the ``nth`` mail to them, once that has come."""
    await until(lambda: len(server.mailbox.mails(email)) >= nth, what=f"mail {nth}")
    code = server.mailbox.mails(email)[nth - 1].code
    assert code
    return code


async def make_account(server: EmbeddedServer, canary: Canary) -> tuple[str, str]:
    """Somebody's address and password; one mail has gone to them."""
    from tests.demo.people import client, somebody

    email, password = somebody(), canary.secret("password")
    async with client(server) as http:
        body = {"email": email, "password": password}
        (await http.post("/auth/v1/signup", json=body)).raise_for_status()
        code = await code_from(server, email, nth=1)
        body = {"type": "signup", "email": email, "token": code}
        (await http.post("/auth/v1/verify", json=body)).raise_for_status()
    return email, password


if __name__ == "__main__":
    sys.exit(main())
