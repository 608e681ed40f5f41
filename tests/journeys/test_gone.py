"""Closing the window ends the process within a second, whatever it is waiting for: that is still waited for then."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.paths import profile_at
from desktopauth.adapters.records import Records
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault
from desktopauth.core.models import Session
from desktopauth.core.ports import Found, Saved
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import client, confirmed
from tests.faults.conftest import no_proxies
from tests.journeys import processes
from tests.journeys.passing import passage
from tests.journeys.processes import App, Started, started
from tests.keyrings import lock_keyring
from tests.prompter import prompter
from tests.scenario import Run, until

__all__ = ["no_proxies", "started"]

GOING = Path(__file__).with_name("going.py")
PROMISE = 1.0  # seconds from closing the window to the end of the process
WORST = 5.0  # seconds, however busy this machine is
NOWHERE = "https://project.invalid"


@dataclass
class Desk:
    """A profile of the app with somebody stored in it whose token has just expired."""

    started: Started
    lite: EmbeddedServer
    profile: Path
    account: Path
    url: str
    email: str = ""

    @property
    def entry(self) -> str:
        config = Config(url=self.url, key=self.lite.publishable_key)
        return entry_name(config.app_id, config.project_id, profile_at(self.profile).id)

    async def remembers_somebody(self) -> None:
        async with client(self.lite) as http:
            told = await confirmed(self.lite, http)
        self.email = told["user"]["email"]
        session = Session.from_wire(told | {"expires_at": time.time() - 60})
        vault = KeyringVault(self.entry, state=StateFile(self.account, self.entry), locks=self.locks)
        assert isinstance(await vault.save(session.to_json(), session_id=session.id, over=None), Saved)
        vault.close()

    @property
    def locks(self) -> FileLocks:
        return FileLocks(self.account, self.entry)

    def stored(self) -> Found:
        with self.locks.store():  # the app may be writing
            found = Records(open_keyring(), self.entry).load()
        assert isinstance(found, Found)
        return found

    def app(self, *, temporary: bool = False, **environment: str) -> AbstractAsyncContextManager[App]:
        project = ("--url", self.url, "--key", self.lite.publishable_key, "--store", "keyring")
        profile = ("--temp-profile",) if temporary else ("--profile-dir", self.profile)
        return self.started("run", *project, *profile, **environment)

    async def idle(self) -> float:
        """Seconds that the same app needs to go when it waits for nothing."""
        unconfigured = ("--url", NOWHERE, "--key", self.lite.publishable_key, "--store", "memory")
        async with self.started("run", *unconfigured, "--temp-profile") as app:
            await app.do("sees", "Welcome")
            return await leaving(app)

    async def is_left(self, app: App) -> None:
        gone, idle = await leaving(app), await self.idle()
        assert gone < PROMISE + 2 * idle, f"gone after {gone:.2f} s, and {idle:.2f} s with nothing to wait for"
        assert gone < WORST


async def leaving(app: App) -> float:
    """Close its window; the seconds from there to the end of the process, as both saw the same clock."""
    app.close_window()
    assert await app.ends() == 0
    gone_at = time.monotonic()
    said = re.search(r"^closed at ([\d.]+)$", app.printed, re.MULTILINE)
    assert said, app.printed
    return gone_at - float(said[1])


@pytest.fixture
def desk(
    started: Started, lite: EmbeddedServer, tmp_path: Path, no_proxies: None, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.setattr(processes, "PROGRAM", GOING)
    (tmp_path / "profile").mkdir(mode=0o700)
    return Desk(started, lite, tmp_path / "profile", tmp_path / "home" / "desktopauth", lite.url)


@pytest.fixture
def silent_resolver(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A name server that hears and never answers, and the configuration that names it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind(("127.0.0.153", 53))
        except OSError:
            pytest.skip("only root may be a name server")
        server.settimeout(20)
        file = tmp_path / "resolv.conf"
        file.write_text("nameserver 127.0.0.153\noptions timeout:30 attempts:5\n", encoding="ascii")
        yield server, str(file)


def test_while_a_name_is_looked_up(desk: Desk, keyring: dict[str, str], run: Run) -> None:
    desk.url = NOWHERE

    async def scenario() -> None:
        await desk.remembers_somebody()
        before = desk.stored()
        async with desk.app(LOOK_UPS="hang") as app:
            await app.do("sees", f"Hello, {desk.email}")
            await app.prints("looking up project.invalid")
            await desk.is_left(app)
        assert desk.stored() == before

    run(scenario, deadline=60)


def test_while_the_systems_resolver_waits_for_its_name_server(
    desk: Desk, keyring: dict[str, str], silent_resolver: tuple[socket.socket, str], run: Run
) -> None:
    desk.url = NOWHERE
    server, file = silent_resolver

    async def scenario() -> None:
        await desk.remembers_somebody()
        async with desk.app(LOOK_UPS=file) as app:
            await until(lambda: app.printed or app.process.returncode is not None, deadline=30, what="any word of it")
            if "no namespace of its own" in app.printed:
                pytest.skip("this container lets nobody have a namespace of their own")
            await app.do("sees", f"Hello, {desk.email}")
            asked, _ = await asyncio.to_thread(server.recvfrom, 512)
            assert b"\x07project\x07invalid" in asked
            await desk.is_left(app)

    run(scenario, deadline=60)


@pytest.mark.parametrize("temporary", [False, True], ids=["a profile", "a temporary profile"])
def test_while_the_keyring_asks_for_its_password(
    desk: Desk, own_keyring: PrivateKeyring, run: Run, temporary: bool
) -> None:
    """The entry of a temporary profile is to be removed at the end, and that waits for no prompt either."""
    answered = threading.Event()

    def never() -> None:
        answered.wait(60)

    async def scenario() -> None:
        await desk.remembers_somebody()
        lock_keyring()
        with prompter(never) as person:
            async with desk.app(temporary=temporary) as app:
                await until(lambda: person.count, deadline=30, what="the prompt")
                await app.do("sees", "Waiting for your system keyring")
                await desk.is_left(app)
                assert not answered.is_set(), "the prompt is still open"
            answered.set()

    run(scenario, deadline=60)


def test_while_another_process_holds_the_refresh_lock(desk: Desk, keyring: dict[str, str], run: Run) -> None:
    async def scenario() -> None:
        await desk.remembers_somebody()
        before = desk.stored()
        async with desk.locks.refresh():
            async with desk.app() as app:
                await app.do("sees", f"Hello, {desk.email}")
                await app.prints("asking for the refresh lock")
                await desk.is_left(app)
            assert desk.stored() == before

    run(scenario, deadline=60)


def test_while_the_server_keeps_the_answer_to_a_refresh(
    desk: Desk, lite: EmbeddedServer, keyring: dict[str, str], run: Run
) -> None:
    async def scenario() -> None:
        with passage(lite) as way:
            desk.url = way.url
            way.hold = lambda seen: "grant_type=refresh_token" in seen.path
            await desk.remembers_somebody()
            before = desk.stored()
            async with desk.app() as app:
                await app.do("sees", f"Hello, {desk.email}")
                await until(way.held.is_set, deadline=30, what="the refresh")
                await desk.is_left(app)
                assert not way.let_go.is_set(), "the answer is still to come"
            assert desk.stored() == before
            way.hold = lambda _: False
            async with desk.app() as app:  # the server has rotated, and forgives that nobody heard of it
                await app.do("sees", f"Hello, {desk.email}")
                await until(lambda: desk.stored() != before, deadline=30, what="the next token")
                await leaving(app)

    run(scenario, deadline=90)
