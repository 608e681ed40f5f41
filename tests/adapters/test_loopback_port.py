"""The port: on loopback and nowhere else, nobody else's, found where ports are scarce, and closed on every way out."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.redirect import Granted, Verdict
from tests.adapters.strangers import ask, browse, followed, granting, line, loopback, port_of, refuses, request, soon
from tests.scenario import Run, need, settled, until

ROOT = Path(__file__).parents[2]
FOUR, SIX = ("127.0.0.1:40000", "127.0.0.1:40001"), ("::1:40000", "::1:40001")


def child(*argv: str, before: tuple[str, ...] = ()) -> list[str]:
    return [*before, sys.executable, "-m", "tests.adapters.loopback_child", *argv]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


def elsewhere(*argv: str) -> dict[str, Any]:
    """What the child says that has a network of its own."""
    # root needs no user namespace for it, which a chroot would not get
    apart = (need("unshare"), "--net") if os.geteuid() == 0 else (need("unshare"), "--map-root-user", "--net")
    need("ip")
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody have a network of their own")  # a right, not a part: CI may lack it too
    done = subprocess.run(
        child(*argv, before=apart), cwd=ROOT, env=environment(), check=True, capture_output=True, text=True, timeout=60
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def listening() -> set[tuple[str, int]]:
    """Where this process listens, as the kernel sees it."""
    lines = subprocess.run([need("ss"), "-Hltnp"], check=True, capture_output=True, text=True).stdout.splitlines()
    own = [each.split()[3] for each in lines if f"pid={os.getpid()}," in each]
    return {(host, int(port)) for host, _, port in (each.rpartition(":") for each in own)}


def test_nothing_is_bound_beyond_loopback(run: Run) -> None:
    async def scenario() -> None:
        before = listening()
        async with loopback() as receiver:
            port = port_of(receiver)
            assert listening() - before == {("127.0.0.1", port)}
            assert await ask(receiver.address)
            assert listening() - before == {("127.0.0.1", port)}
        assert listening() == before

    run(scenario)


def test_nobody_else_can_take_the_port(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            for option in (socket.SO_REUSEADDR, getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR)):
                with socket.socket() as thief:
                    thief.setsockopt(socket.SOL_SOCKET, option, 1)
                    with pytest.raises(OSError, match="ddress already in use"):
                        thief.bind(("127.0.0.1", port_of(receiver)))

    run(scenario)


def test_another_program_that_was_first_keeps_its_port() -> None:
    """Of two ports one is taken; also where its owner holds it for every address of the machine."""
    for owner in ("127.0.0.1:40000", "0.0.0.0:40000"):
        assert elsewhere("taken", owner) == {"came": True, "page": 200, "host": "127.0.0.1"}


def test_without_any_ipv4_port_it_is_ipv6() -> None:
    assert elsewhere("taken", *FOUR) == {"came": True, "page": 200, "host": "::1"}


def test_a_machine_without_ipv4_is_served() -> None:
    assert elsewhere("six") == {"came": True, "page": 200, "host": "::1"}


def test_refused_twice_it_says_so() -> None:
    assert elsewhere("taken", *FOUR, *SIX) == {"refused": errno.EADDRINUSE}


# ---- closed on every way out


async def after_success(receiver: Loopback) -> None:
    browser = asyncio.create_task(browse(granting(receiver)))
    await receiver.wait(soon())
    receiver.settle(Verdict.SIGNED_IN)
    assert (await browser).status == 200


async def after_a_page_that_nobody_fetches(receiver: Loopback) -> None:
    assert await ask(granting(receiver))


async def after_a_paste(receiver: Loopback) -> None:
    assert receiver.accept(granting(receiver))


async def after_the_deadline(receiver: Loopback) -> None:
    await receiver.wait(0.0)


async def after_nothing(receiver: Loopback) -> None:
    """Not even waited for."""


async def after_an_error(receiver: Loopback) -> None:
    raise RuntimeError("the exchange broke")


async def after_a_cancel(receiver: Loopback) -> None:
    asyncio.get_running_loop().call_later(0.02, asyncio.current_task().cancel)  # type: ignore[union-attr]
    await receiver.wait(soon())


WAYS = [value for name, value in list(globals().items()) if name.startswith("after_")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
@pytest.mark.parametrize("crowd", [0, 3, 20])
def test_the_port_is_closed_after(run: Run, way: Callable[[Loopback], Awaitable[None]], crowd: int) -> None:
    async def scenario() -> None:
        receiver, port = loopback(), 0

        async def attempt() -> None:
            nonlocal port
            async with receiver:
                port = port_of(receiver)
                for _ in range(crowd):
                    await strangers.enter_async_context(line(receiver.address))
                await way(receiver)

        async with contextlib.AsyncExitStack() as strangers:
            ended = await asyncio.gather(asyncio.create_task(attempt()), return_exceptions=True)
            assert refuses(port)
            await until(lambda: not receiver._visits)
        assert [type(each) for each in ended] == [EXPECTED.get(way.__name__, type(None))]

    run(scenario)


EXPECTED = {"after_an_error": RuntimeError, "after_a_cancel": asyncio.CancelledError}


def test_a_callback_after_cancel_reaches_nobody(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            address = granting(receiver)
        with pytest.raises(ConnectionRefusedError):
            await ask(address)

    run(scenario)


@pytest.mark.parametrize("steps", range(6))
def test_being_cancelled_while_it_opens_leaves_no_port(run: Run, steps: int) -> None:
    async def scenario() -> None:
        before = listening()

        async def attempt() -> None:
            async with loopback() as receiver:
                await receiver.wait(soon())

        opening = asyncio.create_task(attempt())
        await settled(steps)
        opening.cancel()
        await asyncio.wait([opening])
        assert opening.cancelled()
        assert listening() == before

    run(scenario)


def test_being_cancelled_while_it_closes_leaves_no_port(run: Run) -> None:
    async def scenario() -> None:
        receiver = loopback()

        async def attempt() -> None:
            async with receiver:
                await ask(granting(receiver))

        closing = asyncio.create_task(attempt())
        await until(lambda: receiver._verdict is not None)
        port = port_of(receiver)
        assert not refuses(port)
        closing.cancel()
        await asyncio.wait([closing])
        assert closing.cancelled()
        assert refuses(port)

    run(scenario)


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_page_that_waits_is_told_when_the_app_goes_on_to_something_else(run: Run, cancelled: bool) -> None:
    async def scenario() -> None:
        receiver, exchanging = loopback(), asyncio.Event()

        async def attempt() -> None:
            async with receiver:
                await receiver.wait(soon())
                exchanging.set()
                await (asyncio.Event().wait() if cancelled else until(lambda: receiver._held))

        task = asyncio.create_task(attempt())
        await until(lambda: receiver._server)
        browser = asyncio.create_task(browse(granting(receiver)))
        await exchanging.wait()
        if cancelled:
            await until(lambda: receiver._held)
            task.cancel()
        assert LANGUAGES["en"][Verdict.ABANDONED][0] in (await browser).body
        await asyncio.wait([task])
        assert task.cancelled() == cancelled
        assert refuses(urlsplit(receiver.address).port or 0)

    run(scenario)


def test_a_browser_that_was_sent_on_still_gets_its_page_when_all_is_over(run: Run) -> None:
    async def scenario() -> None:
        receiver = loopback()

        async def attempt() -> None:
            async with receiver:
                assert isinstance(await receiver.wait(soon()), Granted)
                receiver.settle(Verdict.SIGNED_IN)

        task = asyncio.create_task(attempt())
        await until(lambda: receiver._server)
        found = await ask(granting(receiver))
        assert found is not None
        await until(lambda: receiver._verdict is not None)
        await settled()
        page = await ask(followed(receiver.address, found))
        assert page is not None
        assert LANGUAGES["en"][Verdict.SIGNED_IN][0] in page.body
        await task

    run(scenario)


def test_a_killed_app_leaves_no_port(run: Run) -> None:
    async def scenario(app: subprocess.Popen[str]) -> None:
        assert app.stdout is not None
        address = app.stdout.readline().strip()
        found = await ask(f"{address}&code=c0de")
        assert found is not None
        page = followed(address, found)
        async with line(page) as tab:
            await tab.send(request(page))
            app.kill()
            assert await tab.heard() is None
        await until(lambda: app.poll() is not None)  # it lets go of its sockets one by one
        assert refuses(urlsplit(address).port or 0)

    with subprocess.Popen(child("hold"), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as app:
        try:
            run(lambda: scenario(app))
        finally:
            app.kill()
