"""The other ways in which a wait is over: an address pasted by hand, and the deadline."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.redirect import Denied, Granted, TimedOut, Verdict
from tests.adapters.strangers import CODE, browse, granting, loopback, soon
from tests.scenario import Run, until


def test_a_final_address_can_be_pasted(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            waiting = asyncio.create_task(receiver.wait(soon()))
            bare = granting(receiver).removeprefix("http://")
            assert receiver.accept(f"  {bare}#error=none \n")
            assert await waiting == Granted(CODE)
            assert receiver.accept(granting(receiver, "another"))
            assert await receiver.wait(soon()) == Granted(CODE)

    run(scenario)


def test_a_pasted_refusal_is_a_refusal(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            assert receiver.accept(f"{receiver.address}&error=access_denied")
            assert await receiver.wait(soon()) == Denied()

    run(scenario)


def test_a_pasted_address_meets_the_same_checks(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver, loopback() as other:
            good = granting(receiver)
            where = urlsplit(good)
            wrong = [
                "",
                "127.0.0.1",
                receiver.address,
                granting(other),
                good.replace("127.0.0.1", "localhost"),
                good.replace("http://", "https://"),
                good.replace("http://", "http://me@"),
                good.replace(where.path, f"{where.path}/"),
                good.replace("state=", "state=x"),
                f"{good}&code={CODE}",
                f"{good}&access_token=t",
                f"http://{where.netloc}{where.path}?code={CODE}",
                f"http://{where.netloc}{where.path}#{where.query}",
                "\ud800",
            ]
            assert [address for address in wrong if receiver.accept(address)] == []
            assert receiver.accept(good)

    run(scenario)


class Stopped:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.waits = 0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.waits += 1
        await asyncio.sleep(0)


def test_the_wait_is_over_at_the_deadline_of_the_callers_clock(run: Run) -> None:
    async def scenario() -> None:
        clock = Stopped()
        async with Loopback(clock) as receiver:
            waiting = asyncio.create_task(receiver.wait(clock.now() + 300))
            clock.time += 299.9
            await until(lambda: clock.waits > 3)
            assert not waiting.done()
            clock.time += 0.2
            assert await waiting == TimedOut()
            page = await browse(granting(receiver))
            assert LANGUAGES["en"][Verdict.TIMED_OUT][0] in page.body
            assert await receiver.wait(clock.now() + 300) == TimedOut()

    run(scenario)


def test_what_came_in_before_the_deadline_is_not_lost_at_it(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            assert receiver.accept(granting(receiver))
            assert await receiver.wait(0.0) == Granted(CODE)

    run(scenario)
