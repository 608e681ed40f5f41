"""Our client in the simulation: the real ``Auth`` with the real gateway, vault, records and state file.

Only what lies beyond the process is simulated: the wire, the keyring's values, the kernel's locks, the clock. The SDK
is left out, which writes a request of ours and nothing else; the answers are read by the product's own ``Ear``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from desktopauth.adapters import transport
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.vault import KeyringVault
from desktopauth.core import models
from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthChange, AuthEvent, Transition
from desktopauth.core.models import Session
from desktopauth.core.parts import Parts
from desktopauth.core.ports import Kept, Saved, Unsaved
from desktopauth.core.state import Reason, SignedIn, SignedOut, StoreWanted
from desktopauth.core.timing import ServerClock
from tests.simulation.apps import bounded
from tests.simulation.kernel import Kernel, KernelLocks, MachineFile
from tests.simulation.keyring import Hand, Vessel
from tests.simulation.machine import Machine, MachineClock, Process
from tests.simulation.sdk import Wire
from tests.simulation.server import EMAIL, PASSWORD, URL, AuthServer
from tests.simulation.thread import JobThread
from tests.simulation.verdict import Verdict
from tests.simulation.wire import Way

ENTRY = entry_name("simulation", URL, "default")
_PATIENCE = 120.0  # seconds of any one call; all of ours are promised to end long before
_FAREWELL = 5.0


@contextmanager
def on_time_of(machine: Machine) -> Iterator[None]:
    """The product measures by this machine's clock how long an answer took, for as long as the block lasts.

    What a token says is read once: it is asked for at each of a month's looks.
    """
    with (
        patch.object(transport, "time", SimpleNamespace(perf_counter=machine.loop.time)),
        patch.object(models, "claims", lru_cache(maxsize=64)(models.claims)),
    ):
        yield


class NotedVault(KeyringVault):
    """The product's vault; what became of each save is noted."""

    verdict: Verdict

    async def save(self, text: str, **given: Any) -> Kept:
        kept = await super().save(text, **given)
        session = Session.from_json(text)
        if isinstance(kept, Saved | Unsaved):
            self.verdict.kept(session.id, session.refresh_token, saved=isinstance(kept, Saved))
        return kept


class OurApp:
    """One copy of an app on this library. Every call ends when the process does."""

    def __init__(
        self, process: Process, way: Way, server: AuthServer, vessel: Vessel, kernel: Kernel, verdict: Verdict
    ) -> None:
        self.process, self.way, self._server, self._vessel, self._verdict = process, way, server, vessel, verdict
        self._seen: str | None = None
        self._end_told = self._interrupted = False
        self._tokens: Any = None
        self.auth = self._connected(kernel)
        self.auth.watch(self._step)
        self.auth.subscribe(self._event)

    def _connected(self, kernel: Kernel) -> Auth:
        process, machine = self.process, self.process.machine
        state = MachineFile(kernel, process, ENTRY)
        locks = KernelLocks(kernel, process, ENTRY, self._crowded)
        hand = Hand(self._vessel, process)
        vault = NotedVault(ENTRY, state=state, locks=locks, keyring=lambda: hand)
        vault.verdict = self._verdict
        rng = machine.rng

        def busy() -> bool:
            hand.unhurried = rng.random() < 0.1
            return hand.unhurried or kernel.store.holder is not None or self._vessel.trouble in ("locked", "slow")

        vault._worker = JobThread(process, kernel.crew, busy, lambda: rng.uniform(0.001, 0.03))  # type: ignore[assignment]
        clock, server_clock = MachineClock(machine), ServerClock()

        def observe(server_time: float, took: float) -> None:
            server_clock.observe(server_time, clock.now(), took)

        gateway = SupabaseGateway(URL, "key", None, observe=observe)  # type: ignore[arg-type]
        gateway._sdk = Wire(self.way, "key")  # type: ignore[assignment]
        parts = Parts(gateway, vault, state, locks, clock, server_clock)
        return Auth(parts, _itself, _nothing, close=_closed, expects=bool(state.expects_somebody()))

    def _crowded(self) -> None:
        self._verdict.broken["crowded_refreshes"] += 1

    # ---- what it shows

    @property
    def _held(self) -> Session | None:
        return self.auth.get_session()

    @property
    def session_id(self) -> str | None:
        session = self._held
        return session.id if session and isinstance(self.auth.state.session, SignedIn) else None

    @property
    def refreshing(self) -> bool:
        return self.way.in_flight > 0

    @property
    def wants_sign_in(self) -> bool:
        return not isinstance(self.auth.state.session, SignedIn)

    # ---- what the person does

    async def start(self) -> None:
        await bounded(self.process, self.auth.__aenter__(), self._verdict, "start", _PATIENCE)

    async def sign_in(self) -> None:
        await bounded(self.process, self._signing_in(), self._verdict, "sign in", _PATIENCE)

    async def _signing_in(self) -> None:
        try:
            await self.auth.sign_in(EMAIL, PASSWORD)
        except AuthError as error:
            self._verdict.say("%s: not signed in: %s", self.process.name, error)

    async def sign_out(self) -> None:
        await bounded(self.process, self._signing_out(), self._verdict, "sign out", _PATIENCE)

    async def _signing_out(self) -> None:
        before = self.session_id
        if before:
            self._verdict.leaving(before)
        self.auth.sign_out()
        if before:
            self._verdict.signed_out(before)

    async def ask_keyring(self) -> None:
        if isinstance(self.auth.state.session, StoreWanted) and self.process.alive:
            self.process.call(self.auth.retry_store)

    async def use(self, callers: int) -> None:
        await asyncio.gather(
            *(bounded(self.process, self._using(), self._verdict, "a data call", _PATIENCE) for _ in range(callers))
        )

    async def _using(self) -> None:
        try:
            token = await self.auth.access_token()
            if token and not self._server.sees(token):
                self._tokens = self._tokens or await self.auth.supabase()
                await self._tokens.renew(token)
        except AuthError:
            pass  # said by the banner

    def nudge(self) -> None:
        if self.process.alive:
            self.process.call(self.auth.nudge)

    async def close(self) -> None:
        await bounded(self.process, self.auth.__aexit__(None, None, None), self._verdict, "close", _FAREWELL)

    # ---- what it says

    def _step(self, transition: Transition) -> None:
        if not self.process.alive:
            return
        before, now = self._seen, self.session_id
        self._verdict.say("%s: %s", self.process.name, type(transition.after.session).__name__)
        if now and before is None:
            self._end_told = self._interrupted = False
            self._verdict.entered(self.process, now)
        elif now:
            self._verdict.moved(self.process, now)
        elif before:
            self._verdict.left(self.process)
        if now or not (transition.change and _ends(transition.change)):
            self._seen = now

    def _event(self, change: AuthChange) -> None:
        if not self.process.alive:
            return
        self._verdict.say("%s: %s %s", self.process.name, change.event, change.reason or change.cause or "")
        if change.event is AuthEvent.SIGNED_OUT:
            self._signed_out(change)
        elif change.event == "REAUTH_REQUIRED":
            self._told_twice(self._interrupted or self._end_told)
            self._interrupted = True
            self._told(str(change.reason))
            self._seen = None
        elif change.event is AuthEvent.INITIAL_SESSION and change.user is None:
            session = self.auth.state.session
            if isinstance(session, SignedOut) and session.memory_only is None:
                self._verdict.found_nobody(self.process)
        elif change.event in (AuthEvent.SIGNED_IN, AuthEvent.TOKEN_REFRESHED):
            self._admitted(change)
        self.process.step(f"told {change.event}")

    def _signed_out(self, change: AuthChange) -> None:
        self._told_twice(self._end_told)
        self._end_told = True
        if change.reason is Reason.USER and self._seen:
            self._verdict.signed_out(self._seen)
        elif not self._interrupted:
            self._told(str(change.reason))
        self._seen = None

    def _told(self, reason: str) -> None:
        if self._seen:
            self._verdict.told_end(self.process, self._seen, reason)

    def _told_twice(self, before: bool) -> None:
        if before:
            self._verdict.breach("duplicate_events", "%s: told twice that it is over", self.process.name)

    def _admitted(self, change: AuthChange) -> None:
        session, state = self._held, self.auth.state.session
        if session is None or not isinstance(state, SignedIn):
            return
        if change.event is AuthEvent.SIGNED_IN and state.health.memory_only is None:
            self._verdict.signed_in(session.id)
        stored = self._vessel.stored(ENTRY)
        stay = self._verdict.stays.get(session.id)
        known = stay is not None and session.refresh_token in stay.saved
        if (
            state.health.memory_only is None
            and not known
            and (stored is None or stored.refresh_token != session.refresh_token)
        ):
            self._verdict.breach(
                "told_before_saved", "%s: %s", self.process.name, self._verdict.token_named(session.refresh_token)
            )


def _ends(change: AuthChange) -> bool:
    return change.event is AuthEvent.SIGNED_OUT or change.event == "REAUTH_REQUIRED"


async def _itself(tokens: Any) -> Any:
    return tokens


async def _nothing(*_: Any) -> Any:
    return None


async def _closed() -> None:
    return None
