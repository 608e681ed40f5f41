"""Everything at once: whoever else comes to the port, in whatever order, the right browser gets in."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from random import Random
from urllib.parse import quote, urlsplit

import pytest

from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.redirect import Granted, Verdict
from tests.adapters.strangers import (
    CODE,
    Heard,
    ask,
    bare,
    browse,
    followed,
    granting,
    line,
    loopback,
    port_of,
    refuses,
    request,
    say,
    soon,
)
from tests.canary import Canary
from tests.scenario import Run, settled

SCRIPT = "%3Cscript%3Ealert(1)%3C/script%3E"


def strangers(receiver: Loopback, token: str) -> list[tuple[bytes, int]]:
    """What each of them sends, whole, and the status it is answered with; 0: no answer."""
    right, base, port = granting(receiver), bare(receiver), port_of(receiver)
    state = urlsplit(receiver.address).query
    there = f"http://{urlsplit(base).netloc}"
    wrong = {
        f"{there}/?{state}&code={CODE}": 404,
        f"{there}/favicon.ico": 404,
        f"{there}/{SCRIPT}?{state}": 404,
        f"{base}?code={CODE}": 400,
        f"{base}?state=wrong&code={CODE}": 400,
        f"{base}?error=access_denied&error_description={SCRIPT}": 400,
        f"{right}&code={CODE}": 400,
        f"{receiver.address}&access_token={token}&refresh_token={token}": 400,
        f"{receiver.address}&code={token}&access_token={token}": 400,
    }
    sent = [(request(address), status) for address, status in wrong.items()]
    sent += [(request(right, host=host), 421) for host in ("localhost", f"localhost:{port}", f"evil.test:{port}")]
    sent += [(request(right, method=method), 405) for method in ("HEAD", "POST", "OPTIONS", "PUT", "CONNECT")]
    sent.append((request(right, extra=b"Cookie: " + b"c" * 64 * 1024 + b"\r\n"), 431))
    sent.append((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400))
    return sent


@pytest.mark.parametrize("order", range(3))
def test_after_all_of_them_together_the_right_one_is_let_in(run: Run, canary: Canary, order: int) -> None:
    async def scenario() -> None:
        token, told = canary.secret("access token"), canary.secret("what the provider says")
        async with loopback() as receiver, AsyncExitStack() as there:
            waiting = asyncio.create_task(receiver.wait(soon()))
            everybody = strangers(receiver, token)
            Random(order).shuffle(everybody)
            idle = [await there.enter_async_context(line(receiver.address)) for _ in range(3)]
            slow = await there.enter_async_context(line(receiver.address))
            heard: list[Heard] = []
            for number, (data, status) in enumerate(everybody):
                await slow.send(b"GET /slow HTTP/1.1\r\nX: y"[number % 24 :][:1])
                found = await say(receiver.address, data)
                assert found is not None
                assert (found.status, data[:60]) == (status, data[:60])
                heard.append(found)
            for _ in range(100):
                await there.enter_async_context(line(receiver.address))
            assert not waiting.done(), "nobody of them ended the wait"
            arrived = await ask(granting(receiver))
            assert arrived is not None
            assert await waiting == Granted(CODE)
            again = await ask(f"{receiver.address}&error=access_denied&error_description={quote(told)}")
            assert again is not None
            assert again.status == 303, "a second callback is sent to the same page"
            receiver.settle(Verdict.SIGNED_IN)
            pages = [await browse(granting(receiver, "other")), await ask(followed(receiver.address, arrived))]
            for page in pages:
                assert page is not None
                assert LANGUAGES["en"][Verdict.SIGNED_IN][0] in page.body
                heard.append(page)
            port = port_of(receiver)
            for raw in (each.raw for each in [*heard, arrived, again]):
                assert not any(part in raw for part in (b"alert", b"%3C", b"<script", CODE.encode(), told.encode()))
                assert urlsplit(receiver.address).path.encode() not in raw
            del idle
        assert refuses(port)
        await settled()

    run(scenario)


@pytest.mark.parametrize("field", ["error_description", "error_code", "error"])
def test_what_a_provider_says_is_in_no_page_and_no_log(run: Run, canary: Canary, field: str) -> None:
    """By the right browser, with the right state: it is anybody's words all the same."""

    async def scenario() -> None:
        words = canary.secret("what the provider says")
        async with loopback() as receiver:
            parts = {"error": "access_denied", field: f"{SCRIPT}{quote(words)}"}
            found = await ask(f"{receiver.address}&" + "&".join(f"{name}={value}" for name, value in parts.items()))
            assert found is not None
            page = await ask(followed(receiver.address, found))
            assert page is not None
            outcome = await receiver.wait(soon())
            for text in (found.raw.decode(), page.raw.decode(), repr(outcome), repr(receiver)):
                assert words not in text
                assert "alert" not in text

    run(scenario)
