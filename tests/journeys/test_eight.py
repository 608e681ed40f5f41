"""Eight processes on one keyring entry, whose tokens live for five seconds: nobody loses the session to the others.

Usually twenty rotations; two hundred where DESKTOPAUTH_TESTS is ``full``, which takes a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.locks import FileLocks
from desktopauth.core.state import SignedIn
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.canary import Canary
from tests.demo.people import Serve
from tests.journeys.copies import Copy, started_copy
from tests.journeys.machine import Machine, an_account
from tests.journeys.passing import Passage
from tests.scenario import Run, until
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server

COPIES = 8
LIFE = 5  # seconds of an access token
STANDSTILL = 8.0  # seconds that one of them stops for now and then: longer than a token lives
# What may happen to the others when the one that stands still has a lock: the token is late, and the session is kept.
BEARABLE = {
    *("INITIAL_SESSION", "TOKEN_REFRESHED", "STORAGE_PROBLEM waiting"),
    *(f"{event} {cause}" for event in ("NO_TOKEN", "REFRESH_FAILED") for cause in ("offline", "keyring_silent")),
}
REFRESH = "grant_type=refresh_token"


@dataclass(frozen=True)
class Length:
    """How many rotations; how many each copy makes at least, and takes from others; how many seconds it may take."""

    rotations: int
    each: int
    deadline: float


LENGTH = Length(200, 10, 2_400) if os.environ.get("DESKTOPAUTH_TESTS") == "full" else Length(20, 1, 300)


class Way(Passage):
    """One copy's way to the server: it notes the answers to a refresh, and can have the copy stopped by one."""

    def __init__(self, server: ScriptedServer, lite: EmbeddedServer) -> None:
        super().__init__(server, lite)
        self.answers: Counter[str] = Counter()
        self.tokens: set[str] = set()
        self.stop: threading.Event | None = None
        self.copy: Copy

    def _pass_on(self, seen: Seen) -> Reply:
        if REFRESH not in seen.path:
            return super()._pass_on(seen)
        reply = super()._pass_on(seen)
        body = json.loads(reply.body)
        self.answers[f"{reply.status} {body.get('error_code') or body.get('code') or ''}".strip()] += 1
        if "refresh_token" in body:
            self.tokens.add(hashlib.sha256(body["refresh_token"].encode()).hexdigest())
        if self.stop:
            self.copy.process.send_signal(signal.SIGSTOP)  # the server has rotated, and nobody knows it yet
            self.stop.set()
            self.stop = None
        return reply


@contextmanager
def way_to(lite: EmbeddedServer) -> Iterator[Way]:
    with scripted_server() as server:
        yield Way(server, lite)


class Crowd:
    """All copies, and what the server has seen of them."""

    def __init__(self, ways: list[Way]) -> None:
        self.ways = ways

    @property
    def rotations(self) -> int:
        return len(set().union(*(way.tokens for way in self.ways)))

    @property
    def answers(self) -> Counter[str]:
        return sum((way.answers for way in self.ways), Counter())

    def refreshed(self, way: Way) -> int:
        return way.answers["200"]

    def adopted(self, way: Way) -> int:
        """Every refresh is told to the one who made it, and every other token was somebody else's."""
        return way.copy.count("TOKEN_REFRESHED") - self.refreshed(way)

    def done(self) -> bool:
        turns = [min(self.refreshed(way), self.adopted(way)) for way in self.ways]
        return self.rotations >= LENGTH.rotations and min(turns) >= LENGTH.each

    def stands(self) -> str:
        """One line of figures for who looks on."""
        each = ", ".join(f"{self.refreshed(way)}+{self.adopted(way)}" for way in self.ways)
        return f"{self.rotations} rotations; answers {dict(self.answers)}; refreshed+adopted {each}"


@asynccontextmanager
async def crowd_of(copies: int, serve: Serve, folder: Path, canary: Canary) -> AsyncIterator[tuple[Crowd, Machine]]:
    """So many copies of one app, all signed in, at a server of their own."""
    async with serve(jwt_expiry=LIFE) as lite, AsyncExitStack() as stack:
        config = Config(
            url=lite.url, key=lite.publishable_key, app_id="example", profile_id=some_entry(), store="keyring"
        )
        machine = Machine(config, folder, await an_account(lite), canary)
        await machine.signed_in()
        crowd = Crowd([stack.enter_context(way_to(lite)) for _ in range(copies)])
        for way in crowd.ways:
            # to each the same project, by an address of its own
            there = replace(machine, config=replace(config, url=way.url, project_id=config.project_id))
            way.copy = await stack.enter_async_context(started_copy(there.told, machine.folder, canary))
        for way in crowd.ways:
            await way.copy.begins()
        yield crowd, machine


@pytest.mark.timeout(LENGTH.deadline + 60)
def test_eight_copies_share_one_session_for_many_lives_of_its_token(
    serve: Serve, keyring: dict[str, str], tmp_path: Path, canary: Canary, run: Run
) -> None:
    async def scenario() -> None:
        async with crowd_of(COPIES, serve, tmp_path / "account", canary) as (crowd, machine):
            await _lives(crowd)
            await _all_well(crowd, machine)

    run(scenario, deadline=LENGTH.deadline)


def test_who_was_stopped_for_lives_and_then_waits_for_the_keyring_spends_no_token_of_old(
    serve: Serve, keyring: dict[str, str], tmp_path: Path, canary: Canary, run: Run
) -> None:
    """The server forgives one step back. Whoever is further behind has to read first, however long that takes."""

    async def scenario() -> None:
        async with crowd_of(2, serve, tmp_path / "account", canary) as (crowd, machine):
            stopped = crowd.ways[-1]
            await until(lambda: crowd.rotations >= 1, deadline=30, what="the first rotation")
            await asyncio.sleep(LIFE / 10)
            stopped.copy.process.send_signal(signal.SIGSTOP)
            goal = crowd.rotations + 3
            await until(lambda: crowd.rotations >= goal, deadline=60, what="three more")
            with FileLocks(machine.folder, machine.entry).store():  # another app is busy at the keyring
                stopped.copy.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(3)
            goal = crowd.rotations + 2
            await until(lambda: crowd.rotations >= goal, deadline=60, what="life goes on")
            await _all_well(crowd, machine)

    run(scenario, deadline=120)


async def _lives(crowd: Crowd) -> None:
    """Time goes by, and now and then one of them stands still: at any moment, or when it has just refreshed."""
    stops = 0
    while not crowd.done():
        goal = crowd.rotations + 6
        while crowd.rotations < goal:
            assert set(crowd.answers) <= {"200"}, crowd.stands()
            await _by_hand(crowd)
        await _stands_still(crowd.ways[stops % COPIES], refreshing=stops % 2 == 1)
        stops += 1
    print(f"{stops} times one stood still; {crowd.stands()}")  # noqa: T201 - the figures of the long run


async def _by_hand(crowd: Crowd) -> None:
    """One refreshes when it is due, mostly the same one; whom that leaves behind refreshes as after a 401."""
    await asyncio.sleep(LIFE / 10)
    share = LENGTH.each * min(1.0, crowd.rotations / LENGTH.rotations)
    for way in crowd.ways:
        if crowd.refreshed(way) < share:
            assert not (await way.copy.do("refresh"))["error"]


async def _stands_still(way: Way, *, refreshing: bool) -> None:
    if refreshing:
        way.stop = asked = threading.Event()
        while not asked.is_set():  # as long as it finds what another has made
            await _asked_to_refresh(way.copy, asked)
    else:
        way.copy.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(STANDSTILL)
    way.copy.process.send_signal(signal.SIGCONT)


async def _asked_to_refresh(copy: Copy, stopped: threading.Event) -> None:
    answers = len(copy.answers)
    copy.send("refresh")
    await until(lambda: stopped.is_set() or len(copy.answers) > answers, deadline=30, what="a refresh")


async def _all_well(crowd: Crowd, machine: Machine) -> None:
    assert set(crowd.answers) == {"200"}, crowd.answers
    for way in crowd.ways:
        assert way.copy.count("SIGNED_OUT", "REAUTH_REQUIRED") == 0, way.copy.kinds
        assert way.copy.count("INITIAL_SESSION") == 1
        assert set(way.copy.kinds) <= BEARABLE
        assert (await way.copy.do("access_token"))["status"] == "authenticated"
    async with machine.app() as auth:
        assert isinstance(auth.state.session, SignedIn)
        await auth.refresh()
