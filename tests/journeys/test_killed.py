"""SIGKILL at every moment of a refresh, a sign-out and a sign-in: the next start finds a whole session, or nobody."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from desktopauth.adapters.config import Config
from desktopauth.core.state import SignedIn, SignedOut
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.journeys.machine import ROOT, Machine, an_account, machine
from tests.journeys.passing import Passage, passage
from tests.scenario import Run, until

__all__ = ["Machine", "machine"]


def at_every_moment(
    machine: Machine, run: Run, what: str, before: Callable[[], Any], after: Callable[[], Any], email: str = ""
) -> int:
    """Kill ``what`` at its first moment, its second, and so on until it comes to its end; how often it was killed."""

    async def scenario() -> int:
        async with machine.killer() as kill:
            for moment in itertools.count():
                await before()
                killed = await kill(what, moment, email)
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
    """Until the marks are on disk it is as if they had not signed out. The next start says what nobody heard."""
    found: list[bool] = []
    said: list[bool] = []
    token = ""

    async def signed_in() -> None:
        nonlocal token
        await machine.signed_in()
        async with machine.app() as auth:
            token = await auth.access_token() or ""

    async def look() -> None:
        session = await machine.restarted()
        found.append(isinstance(session, SignedIn))
        if isinstance(session, SignedOut):
            assert not machine.stored(), "the next start clears what a killed one left"
            said.append(session.unrevoked)
            assert session.unrevoked or not await machine.honours(token)
            assert await machine.restarted() == SignedOut(), "it is said once"

    killed = at_every_moment(machine, run, "sign_out", signed_in, look)
    assert found == [True] * found.count(True) + [False] * found.count(False)
    assert 0 < found.count(True) < 3, "before each of the two marks"
    assert set(said) == {True, False}
    assert said[-1] is False
    assert killed >= 12, "two marks laid and taken away, a write to the keyring and one to the state file, the locks"


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


def test_killed_at_any_moment_of_a_sign_in_over_somebody_else_it_is_the_one_or_the_other_or_nobody(
    machine: Machine, lite: EmbeddedServer, run: Run
) -> None:
    """In between nobody: the one is signed out then, and the other has not been stored yet."""
    first, second = machine.email, run(lambda: an_account(lite))
    found: list[str] = []

    async def look() -> None:
        async with machine.app() as auth:
            found.append(auth.user.email if auth.user else "nobody")
            if found[-1] == second:
                await auth.refresh()
                assert await auth.access_token()
        await machine.signed_out()

    killed = at_every_moment(machine, run, "sign_in", machine.signed_in, look, second)
    assert killed >= 8, "two answers, two writes to the keyring, and the locks and the state file around them"
    in_turn = [first, "nobody", second]
    assert found == [who for each in in_turn for who in [each] * found.count(each)]
    assert {first, second} <= set(found) <= set(in_turn)


def test_killed_at_any_moment_of_a_forget_there_is_the_session_or_nothing_at_all(machine: Machine, run: Run) -> None:
    found: list[bool] = []

    async def look() -> None:
        found.append(isinstance(await machine.restarted(), SignedIn))
        await machine.forgotten()
        assert not machine.stored()
        assert [path.name for path in machine.folder.iterdir()] == ["store.lock"]

    killed = at_every_moment(machine, run, "forget", machine.signed_in, look)
    assert killed >= 6, "a lock, the state file, two moments at the keyring, the marks and the lock's own file"
    assert found == sorted(found, reverse=True)
    assert set(found) == {True, False}


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
    assert python.stdin
    order = {"config": machine.told, "folder": str(machine.folder), "do": "refresh", "die": -1}
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
