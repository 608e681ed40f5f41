"""The client beside ours: ``supabase_auth``'s own session keeping, with the storage that anybody would write for it.

It is the installed ``AsyncGoTrueClient``, unchanged, with auto refresh and persistence on, over the simulated wire. Its
timers are asyncio tasks and run on the virtual loop as they are; its ``time`` is the machine's. The storage gets, sets
and removes one value of the keyring, and passes on what the keyring raises.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx
import supabase_auth.types
from supabase_auth import AsyncGoTrueClient, AsyncSupportedStorage
from supabase_auth._async import gotrue_client
from supabase_auth.errors import AuthApiError, AuthError

from desktopauth.adapters.records import BackendError
from desktopauth.core.errors import ENDING_CODES
from tests.double.tokens import claims_of
from tests.simulation.apps import bounded
from tests.simulation.keyring import Hand, Vessel
from tests.simulation.machine import Machine, Process
from tests.simulation.server import EMAIL, PASSWORD, URL, AuthServer
from tests.simulation.verdict import Verdict
from tests.simulation.wire import Way

_KEY = "supabase.auth.token"
_PATIENCE = 600.0  # seconds: it promises no end, so only what hangs is noted
_TROUBLE = (AuthError, BackendError, httpx.HTTPError, ValueError)


@contextmanager
def on_time_of(machine: Machine) -> Iterator[None]:
    """The package reads this machine's wall clock for as long as the block lasts."""
    with (
        patch.object(gotrue_client, "time", SimpleNamespace(time=machine.wall)),
        patch.object(supabase_auth.types, "time", machine.wall),
    ):
        yield


class KeyringStorage(AsyncSupportedStorage):
    """One value of the keyring, as tutorials have it."""

    def __init__(self, vessel: Vessel, process: Process, verdict: Verdict) -> None:
        self._vessel, self._hand, self._verdict = vessel, Hand(vessel, process), verdict

    async def get_item(self, key: str) -> str | None:
        await self._opened()
        return self._hand.get(key)

    async def set_item(self, key: str, value: str) -> None:
        await self._opened()
        body = json.loads(value)
        note = partial(self._verdict.kept, _session_id(body["access_token"]), body["refresh_token"])
        try:
            self._hand.set(key, value)
        except BackendError:
            note(saved=False)
            raise
        note(saved=True)

    async def remove_item(self, key: str) -> None:
        await self._opened()
        self._hand.delete(key)

    async def _opened(self) -> None:
        """Wait as the keyring makes one wait, in a way that does not stop the world."""
        vessel = self._vessel
        pause = vessel.rng.uniform(0.001, 0.03)
        if vessel.trouble == "slow":
            vessel.hit("keyring_slow")
            pause = vessel.rng.uniform(0.5, 8.0)
        if vessel.trouble == "locked":
            vessel.hit("keyring_locked")
            pause = vessel.patience
        await asyncio.sleep(pause)
        if vessel.trouble == "locked" and vessel.says_yes:
            vessel.trouble = ""
        self._hand.waited = True


class OtherApp:
    """One copy of an app on ``supabase_auth``."""

    def __init__(self, process: Process, way: Way, server: AuthServer, vessel: Vessel, verdict: Verdict) -> None:
        self.process, self.way, self._server, self._vessel, self._verdict = process, way, server, vessel, verdict
        storage = KeyringStorage(vessel, process, verdict)
        http = httpx.AsyncClient(transport=way, trust_env=False)
        headers = {"apikey": "key", "Authorization": "Bearer key"}
        self.client = AsyncGoTrueClient(
            url=URL, headers=headers, storage_key=_KEY, storage=storage, auto_refresh_token=True, http_client=http
        )
        self.session_id: str | None = None
        self._left = self._signing_in = False
        self.client.on_auth_state_change(self._event)

    @property
    def refreshing(self) -> bool:
        return self.way.in_flight > 0

    @property
    def wants_sign_in(self) -> bool:
        return self.session_id is None

    async def start(self) -> None:
        await self._do(self.client.initialize, "start")
        await self.use(1, at_start=True)

    async def sign_in(self) -> None:
        who = {"email": EMAIL, "password": PASSWORD}
        self._signing_in = True
        await self._do(lambda: self.client.sign_in_with_password(who), "sign in")  # type: ignore[arg-type]
        self._signing_in = False

    async def ask_keyring(self) -> None:
        """It shows nothing of that."""

    async def sign_out(self) -> None:
        before = self.session_id
        self._left = True
        if before:
            self._verdict.leaving(before)
        done = await self._do(lambda: self.client.sign_out({"scope": "local"}), "sign out")
        self._left = False
        if before and self.process.alive:
            (self._verdict.signed_out if done or self.session_id is None else self._verdict.staying)(before)

    async def use(self, callers: int, *, at_start: bool = False) -> None:
        """Ask for the session as every data call does; what it says is what the app shows."""
        await asyncio.gather(
            *(self._do(partial(self._using, at_start=at_start), "a data call") for _ in range(callers))
        )

    async def _using(self, *, at_start: bool) -> None:
        try:
            session = await self.client.get_session()
        except AuthApiError as refused:
            if refused.code not in ENDING_CODES:
                raise
            session = None  # an app that takes care shows its form then, although the client says nothing
        self._shows(session.access_token if session else None, at_start=at_start, why="no session")

    def nudge(self) -> None:
        """It has nothing to be nudged by."""

    async def close(self) -> None:
        await self._do(self.client.close, "close")

    async def _do(self, work: Callable[[], Awaitable[object]], what: str) -> bool:
        return await bounded(self.process, self._tried(work), self._verdict, what, _PATIENCE)

    async def _tried(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except _TROUBLE as error:
            self._verdict.say("%s: %s", self.process.name, type(error).__name__)
            raise

    # ---- what it says

    def _event(self, event: str, session: Any) -> None:
        if not self.process.alive:
            return
        self._verdict.say("%s: %s", self.process.name, event)
        self.process.step(f"told {event}")
        if event == "SIGNED_IN" and self.session_id is None and session and self._signing_in:
            self._verdict.signed_in(_session_id(session.access_token))
        self._shows(session.access_token if session else None, at_start=False, why=event)

    def _shows(self, access_token: str | None, *, at_start: bool, why: str) -> None:
        """What the app shows follows the client's answer."""
        if not self.process.alive:
            return
        before, now = self.session_id, _session_id(access_token) if access_token else None
        self.session_id = now
        if now and before is None:
            self._left = False
            self._verdict.entered(self.process, now)
        elif now:
            self._verdict.moved(self.process, now)
        elif before:
            self._verdict.left(self.process)
            if self._left:
                self._verdict.signed_out(before)
            else:
                self._verdict.told_end(self.process, before, why)
        elif at_start:
            self._verdict.found_nobody(self.process)


def stored(vessel: Vessel) -> tuple[str, str] | None:
    """The session id and the refresh token that lie in the keyring."""
    try:
        body = json.loads(vessel.held.get(_KEY, ""))
    except ValueError:
        return None
    return _session_id(body["access_token"]), body["refresh_token"]


def _session_id(access_token: str) -> str:
    return str(claims_of(access_token)["session_id"])
