"""SIGKILL at every moment of a refresh, a sign-out and a sign-in: the next start finds a whole session, or nobody."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.vault import peek
from desktopauth.connect import connect
from desktopauth.core.auth import Auth
from desktopauth.core.state import SessionState, SignedIn, SignedOut
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.canary import Canary
from tests.demo.people import PASSWORD, client, confirmed
from tests.journeys.passing import Passage, passage
from tests.scenario import Run, until

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("dying.py")


@dataclass
class Machine:
    """One keyring entry, processes that die at it, and ones of this process that come after them."""

    config: Config
    folder: Path
    email: str
    canary: Canary

    @asynccontextmanager
    async def app(self) -> AsyncIterator[Auth]:
        """A start of the app in this process, when it knows who is there."""
        settled = asyncio.Event()
        async with connect(self.config, folder=self.folder) as auth:
            auth.subscribe(lambda _: settled.set())
            await asyncio.wait_for(settled.wait(), 10)
            yield auth

    async def restarted(self) -> SessionState:
        async with self.app() as auth:
            return auth.state.session

    async def signed_in(self) -> None:
        async with self.app() as auth:
            if not isinstance(auth.state.session, SignedIn):
                await auth.sign_in(self.email, PASSWORD)

    async def signed_out(self) -> None:
        async with self.app() as auth:
            auth.sign_out()
        assert not self.stored()

    def stored(self) -> bool:
        return peek(self.entry, self.folder)

    @property
    def entry(self) -> str:
        return entry_name(self.config.app_id, self.config.project_id, self.config.profile_id)

    @asynccontextmanager
    async def killer(self) -> AsyncIterator[Callable[[str, int], Awaitable[bool]]]:
        """``kill(what, moment)``: do ``what`` in a process that dies then; False if it ended before."""
        python = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        )
        config = {field.name: getattr(self.config, field.name) for field in fields(self.config)}

        async def kill(what: str, moment: int) -> bool:
            assert python.stdin
            assert python.stdout
            given = {"email": self.email, "password": PASSWORD, "do": what, "die": moment}
            order = {"config": config, "folder": str(self.folder), **given}
            python.stdin.write(json.dumps(order).encode() + b"\n")
            line = (await python.stdout.readline()).decode().strip()
            assert line in ("killed", "ended 0"), line
            return line == "killed"

        try:
            yield kill
        finally:
            assert python.stdin
            python.stdin.close()  # it ends with its orders
            out, err = await python.communicate()
        self.canary.scan_text(f"{out!r} {err.decode()}", "output of a process that was killed")
        assert err == b""


@pytest.fixture
def machine(lite: EmbeddedServer, keyring: dict[str, str], tmp_path: Path, canary: Canary, run: Run) -> Machine:
    async def somebody() -> str:
        async with client(lite) as http:
            return str((await confirmed(lite, http))["user"]["email"])

    config = Config(url=lite.url, key=lite.publishable_key, app_id="example", profile_id=some_entry(), store="keyring")
    return Machine(config, tmp_path / "account", run(somebody), canary)


def at_every_moment(machine: Machine, run: Run, what: str, before: Callable[[], Any], after: Callable[[], Any]) -> int:
    """Kill ``what`` at its first moment, its second, and so on until it comes to its end; how often it was killed."""

    async def scenario() -> int:
        async with machine.killer() as kill:
            for moment in itertools.count():
                await before()
                killed = await kill(what, moment)
                await after()
                if not killed:
                    return moment
        raise AssertionError

    return run(scenario, deadline=60)


def test_killed_at_any_moment_of_a_refresh_the_session_is_kept(machine: Machine, run: Run) -> None:
    """Also where the server has rotated already and the new token was never saved: it forgives one step."""

    async def still_in() -> None:
        async with machine.app() as auth:
            assert isinstance(auth.state.session, SignedIn)
            await auth.refresh()
            assert isinstance(auth.state.session, SignedIn)

    killed = at_every_moment(machine, run, "refresh", machine.signed_in, still_in)
    assert killed >= 7, "an answer, two writes to the keyring and one to the state file"


def test_killed_at_any_moment_of_a_sign_out_nobody_is_brought_back(machine: Machine, run: Run) -> None:
    """But for the very first, before anything has happened: then it is as if they had not signed out."""
    found: list[bool] = []

    async def look() -> None:
        found.append(isinstance(await machine.restarted(), SignedIn))
        if not found[-1]:
            assert not machine.stored(), "the next start clears what a killed one left"

    killed = at_every_moment(machine, run, "sign_out", machine.signed_in, look)
    assert found == [True, *[False] * killed]
    assert killed >= 6, "a tombstone, a write to the keyring and one to the state file, the tombstone's end"


def test_killed_at_any_moment_of_a_sign_in_there_is_nobody_or_a_whole_session(machine: Machine, run: Run) -> None:
    found: list[bool] = []

    async def look() -> None:
        async with machine.app() as auth:
            found.append(isinstance(auth.state.session, SignedIn))
            if found[-1]:
                await auth.refresh()
                assert await auth.access_token()
            else:
                assert isinstance(auth.state.session, SignedOut)
                assert not machine.stored()
        await machine.signed_out()

    killed = at_every_moment(machine, run, "sign_in", machine.signed_out, look)
    assert killed >= 4
    assert found == sorted(found), "once it is there, it stays"
    assert found[0] is False
    assert found[-1] is True


def test_killed_while_the_answer_to_a_refresh_is_on_its_way_the_session_is_kept(
    machine: Machine, lite: EmbeddedServer, run: Run
) -> None:
    with passage(lite) as way:
        run(lambda: _killed_on_the_way(machine, way))


async def _killed_on_the_way(machine: Machine, way: Passage) -> None:
    machine.config = Config(
        url=way.url, key=machine.config.key, app_id="example", profile_id=some_entry(), store="keyring"
    )
    await machine.signed_in()
    way.hold = lambda seen: "grant_type=refresh_token" in seen.path
    script = "import sys; sys.argv = ['dying']; from tests.journeys.dying import main; main()"
    python = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script),
        stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        start_new_session=True,
    )
    config = {field.name: getattr(machine.config, field.name) for field in fields(machine.config)}
    assert python.stdin
    order = {"config": config, "folder": str(machine.folder), "do": "refresh", "die": -1}
    python.stdin.write(json.dumps(order).encode() + b"\n")
    await until(way.held.is_set, what="the server's answer")
    os.killpg(python.pid, 9)
    await python.wait()
    way.hold = lambda _: False
    way.let_go.set()
    async with machine.app() as auth:
        assert isinstance(auth.state.session, SignedIn)
        await auth.refresh()
    assert way.count("grant_type=refresh_token") == 2
