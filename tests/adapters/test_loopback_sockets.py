"""Connections that are too big, too slow, too many or too short keep the right browser neither out nor waiting."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from desktopauth.adapters.loopback import Loopback
from desktopauth.core.redirect import Granted, Verdict
from tests.adapters.strangers import (
    CODE,
    ask,
    bare,
    browse,
    followed,
    granting,
    line,
    loopback,
    request,
    soon,
    status_of,
    suffers,
)
from tests.scenario import Run, settled, until


@pytest.mark.parametrize("size", [64 * 1024, 16 * 1024])
def test_a_huge_header_is_refused_with_an_answer(run: Run, size: int) -> None:
    async def accident(receiver: Loopback) -> None:
        found = await ask(granting(receiver), extra=b"Cookie: " + b"c" * size + b"\r\n")
        assert found is not None
        assert found.status == 431

    suffers(run, accident)


def test_a_huge_header_that_comes_in_pieces_is_refused_too(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        async with line(receiver.address) as slow:
            await slow.send(b"GET / HTTP/1.1\r\n")
            for _ in range(64):
                await slow.send(b"X: " + b"x" * 1020 + b"\r\n")
            found = await slow.heard()
        assert found is not None
        assert found.status == 431

    suffers(run, accident)


def test_endless_data_is_cut_off(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        async with line(receiver.address) as flood:
            with pytest.raises(ConnectionError):
                await flood.send_for_ever()

    suffers(run, accident)


def test_a_slow_loris_holds_nobody_up(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        async with line(receiver.address) as slow:
            for letter in b"GET /slow HTTP/1.1\r\nX: ":
                await slow.send(bytes([letter]))
            assert await status_of(f"{bare(receiver)}x") == 404

    suffers(run, accident)


def test_whoever_never_asks_is_hung_up_on(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        async with line(receiver.address) as idle, line(receiver.address) as slow:
            await slow.send(b"GET / HTTP/1.1\r\n")
            assert [await idle.heard(), await slow.heard()] == [None, None]
        assert len(receiver._visits) == 0

    suffers(run, accident, patience=0.5)


def test_whoever_was_answered_and_never_leaves_is_hung_up_on(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        async with line(receiver.address) as clinging:
            await clinging.send(request(f"{bare(receiver)}x"))
            assert await clinging.heard()
            await until(lambda: not receiver._visits)

    suffers(run, accident)


def test_a_browser_that_waits_for_the_outcome_may_wait_long(run: Run) -> None:
    async def scenario() -> None:
        async with loopback(patience=0.2) as receiver:
            browser = asyncio.create_task(browse(granting(receiver)))
            await receiver.wait(soon())
            await until(lambda: receiver._held)
            await asyncio.sleep(0.5)
            receiver.settle(Verdict.SIGNED_IN)
            assert (await browser).status == 200

    run(scenario)


def test_a_connection_opened_ahead_is_used_when_the_browser_needs_it(run: Run) -> None:
    """Chrome's preconnect: the socket is there long before there is a request for it."""

    async def scenario() -> None:
        async with loopback() as receiver, line(receiver.address) as ahead, line(receiver.address):
            await ahead.send(request(granting(receiver)))
            found = await ahead.heard()
            assert found is not None
            assert found.status == 303
            assert await receiver.wait(soon()) == Granted(CODE)
            receiver.settle(Verdict.SIGNED_IN)
            assert await ask(followed(receiver.address, found))

    run(scenario)


@pytest.mark.parametrize("count", [16, 17, 100])
def test_a_crowd_of_sockets_keeps_nobody_out(run: Run, count: int) -> None:
    async def scenario() -> None:
        async with loopback() as receiver, AsyncExitStack() as crowd:
            opened = [await crowd.enter_async_context(line(receiver.address)) for _ in range(count)]
            await until(lambda: len(receiver._visits) == min(count, 16))
            browser = asyncio.create_task(browse(granting(receiver)))
            assert await receiver.wait(soon()) == Granted(CODE)
            await settled()
            assert len(receiver._visits) <= 16
            oldest = count - 15  # the browser came with two connections, and the first of them has hung up
            gone = [each for each in opened if each.reader.at_eof() or each.reader.exception()]
            assert gone == opened[: len(gone)]
            assert oldest - 1 <= len(gone) <= oldest + 1
            receiver.settle(Verdict.SIGNED_IN)
            assert (await browser).status == 200

    run(scenario)


def test_a_browser_that_waits_for_the_outcome_does_not_give_way(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver, AsyncExitStack() as crowd:
            browser = asyncio.create_task(browse(granting(receiver)))
            await receiver.wait(soon())
            await until(lambda: len(receiver._held) == 1)
            for _ in range(100):
                await crowd.enter_async_context(line(receiver.address))
            receiver.settle(Verdict.SIGNED_IN)
            assert (await browser).status == 200

    run(scenario)


def test_a_page_reloaded_without_end_leaves_room_for_itself(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver, AsyncExitStack() as tabs:
            found = await ask(granting(receiver))
            assert found is not None
            page = followed(receiver.address, found)
            for turn in range(16):
                tab = await tabs.enter_async_context(line(page))
                await tab.send(request(page))
                await until(lambda turn=turn: len(receiver._held) == turn + 1)  # type: ignore[misc]
            assert await ask(page) is None
            await tabs.aclose()
            await until(lambda: not receiver._held)
            receiver.settle(Verdict.SIGNED_IN)
            assert await ask(page)

    run(scenario)


def test_a_browser_that_gives_up_in_the_middle_disturbs_nothing(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        for data in (b"", b"GET", request(f"{bare(receiver)}x"), request(granting(receiver))[:-2]):
            async with line(receiver.address) as tab:
                await tab.send(data)

    suffers(run, accident)


def test_a_tab_that_is_closed_before_the_outcome_disturbs_nothing(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            found = await ask(granting(receiver))
            assert found is not None
            page = followed(receiver.address, found)
            async with line(page) as tab:
                await tab.send(request(page))
                await until(lambda: len(receiver._held) == 1)
            await until(lambda: not receiver._held)
            assert await receiver.wait(soon()) == Granted(CODE)
            receiver.settle(Verdict.SIGNED_IN)
        assert len(receiver._visits) == 0

    run(scenario)
