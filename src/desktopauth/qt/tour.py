"""The tour's acts: the whole story with no hands, on the real widgets, one process for each time the app is started."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QListWidget

from desktopauth.core.state import SignedIn, SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands, NotSeenError
from desktopauth.qt.picture import save
from desktopauth.qt.shell import Shell

_EMAIL = "you@example.com"
_NOTE = "Written before the restart."
_AT_THE_PROVIDER = "Ada Example"  # who is signed in at the demo's pretend GitHub
_NOD = "act-allow"  # the file for which the tour's browser waits, so that there is a wait to take a picture of


class Tour:
    """Plays one act and writes ``act-N.json`` into ``folder``: ``{"store": str, "steps": [{"name", "ok", "ms"}]}``."""

    def __init__(self, act: int, folder: Path, *, pictures: bool) -> None:
        self._act, self._folder, self._pictures = act, folder, pictures
        self._steps: list[dict[str, Any]] = []
        self._taken = 0

    async def play(self, shell: Shell, bus: AuthBus) -> int:
        """0 if every step of the act held."""
        self._shell, self._bus, self._hands = shell, bus, Hands(shell)
        acts = {1: self._sign_up, 2: self._come_back, 3: self._stay_out}
        try:
            await acts[self._act]()
        except NotSeenError as error:
            self._steps[-1]["seen"] = str(error)
            self._picture("failed")
        self._write()
        return 0 if all(step["ok"] for step in self._steps) else 1

    async def _sign_up(self) -> None:
        async with self._step("sign_up"):
            await self._hands.sees("Welcome")
            await self._answered()
            self._picture("sign-in")
            await self._hands.press("Create an account")
            await self._hands.sees("confirm your email")
            self._picture("sign-up")
            await self._hands.fill("Email", _EMAIL)
            await self._hands.fill("Password", secrets.token_urlsafe(12))
            await self._hands.press("Create account")
            await self._hands.sees("We sent a code")
        async with self._step("confirm"):
            mail = await self._hands.sees("Your demo mailbox says")
            self._picture("code")
            await self._hands.fill("Six-digit code", mail.split()[-1])
            await self._hands.sees(f"Hello, {_EMAIL}")
        async with self._step("note_written"):
            await self._hands.sees("No notes yet")
            self._picture("home-empty")
            await self._hands.fill("New note", _NOTE)
            await self._hands.press("Add")
            await self._hands.until(lambda: _NOTE in self._rows("notes"), "the note in the list")
            self._picture("home-note")

    async def _come_back(self) -> None:
        async with self._step("restored"):
            await self._hands.sees(f"Hello, {_EMAIL}")
            await self._hands.until(
                lambda: any("INITIAL_SESSION" in e for e in self._rows("events")), "the first event"
            )
        async with self._step("note_read"):
            await self._hands.until(lambda: _NOTE in self._rows("notes"), "the note from before the restart")
            self._picture("home-restored")
        async with self._step("refreshed"):
            await self._hands.until(lambda: any("TOKEN_REFRESHED" in e for e in self._rows("events")), "a refresh")
            self._picture("home-refreshed")
        async with self._step("sign_out"):
            await self._sign_out()
            self._picture("signed-out")

    async def _stay_out(self) -> None:
        async with self._step("signed_out_after_restart"):
            await self._answered()
            await self._hands.sees("Welcome")
            await self._hands.until(lambda: isinstance(self._bus.state.session, SignedOut), "nobody signed in")
            self._picture("signed-out-after-restart")
        async with self._step("signed_in_by_code"):
            await self._hands.press("Email me a code instead")
            await self._send_code("Sign in with a code", "address")
            await self._hands.sees(f"Hello, {_EMAIL}")
            await self._sign_out()
        async with self._step("password_forgotten"):
            await self._hands.press("Forgot password?")
            await self._send_code("Forgot your password?", "forgotten")
            await self._hands.sees("Choose a new password")
            await self._hands.fill("New password", secrets.token_urlsafe(12))
            self._picture("new-password")
            await self._hands.press("Save the new password")
            await self._hands.sees(f"Hello, {_EMAIL}")
            await self._sign_out()
        async with self._step("signed_in_by_provider"):
            await self._hands.sees("Continue with GitHub")
            self._picture("doors")
            await self._hands.press("Continue with GitHub")
            await self._hands.sees("Waiting for your browser")
            self._picture("browser-wait")
            (self._folder / _NOD).touch()
            await self._hands.sees(f"Hello, {_AT_THE_PROVIDER}")
            await self._hands.sees("No notes yet")
            self._picture("home-by-provider")
            await self._sign_out()

    async def _answered(self) -> None:
        await self._hands.until(lambda: isinstance(self._bus.state.session, SignedOut | SignedIn), "an answer")

    async def _sign_out(self) -> None:
        await self._hands.press("Sign out")
        await self._hands.sees("You're signed out.")

    async def _send_code(self, title: str, picture: str) -> None:
        """Have a code sent, and type what the mailbox says."""
        await self._hands.sees(title)
        await self._hands.fill("Email", _EMAIL)
        self._picture(picture)
        await self._hands.press("Send code")
        mail = await self._hands.sees("Your demo mailbox says")
        self._picture(f"{picture}-code")
        await self._hands.fill("Six-digit code", mail.split()[-1])

    @asynccontextmanager
    async def _step(self, name: str) -> AsyncIterator[None]:
        started = time.monotonic()
        step = {"name": name, "ok": False, "ms": 0}
        self._steps.append(step)
        try:
            yield
            step["ok"] = True
        finally:
            step["ms"] = round((time.monotonic() - started) * 1000)

    def _rows(self, name: str) -> list[str]:
        rows = self._shell.findChild(QListWidget, name)
        return [rows.item(row).text() for row in range(rows.count())] if isinstance(rows, QListWidget) else []

    def _picture(self, name: str) -> None:
        if self._pictures:
            self._taken += 1
            save(self._shell, self._folder / f"{self._act}{self._taken}-{name}.png")

    def _write(self) -> None:
        session = self._bus.state.session
        unsaved = session.health.memory_only if isinstance(session, SignedIn) else None
        told = {"memory_only": unsaved, "steps": self._steps}
        (self._folder / f"act-{self._act}.json").write_text(json.dumps(told), "utf-8")
