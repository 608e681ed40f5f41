"""Whatever bytes come, in whatever pieces: the answer is one of ours, nothing raises, and the right browser gets in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from desktopauth.adapters.loopback import Loopback
from desktopauth.core.redirect import Granted, Verdict
from tests.adapters.strangers import CODE, Heard, browse, granting, line, loopback, request, soon

PIECES = st.lists(st.binary(min_size=1, max_size=400), max_size=6)
WORDS = b"GET |POST | HTTP/1.1| HTTP/1.0| HTTP/9.9|\r\n|\n|Host: |http://|/|?|*|:| |\x00|\xff|Content-Length: 5|\
Content-Length: -1|Transfer-Encoding: chunked|Expect: 100-continue|Upgrade: h2c|Connection: keep-alive|\
PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".split(b"|")
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(PIECES)
@example([b"\r\n" * 100])
@example([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])  # what a browser sends that insists on https
def test_random_bytes(pieces: list[bytes]) -> None:
    survives(lambda _: pieces)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8)), max_size=20))
def test_bytes_that_look_like_http(pieces: list[bytes]) -> None:
    survives(lambda _: [b"".join(pieces)])


@settings(max_examples=60, deadline=None)
@given(EDITS)
def test_the_right_request_with_wrong_bytes_in_it(edits: list[tuple[int, int, bytes]]) -> None:
    """It may still be a right one, with another code; then that is what counts."""

    def edited(receiver: Loopback) -> list[bytes]:
        data = request(granting(receiver))
        for at, gone, new in edits:
            data = data[:at] + new + data[at + gone :]
        return [data]

    survives(edited)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 150), max_size=8))
def test_the_right_request_in_any_pieces_is_the_right_one(cuts: list[int]) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            receiver.settle(Verdict.SIGNED_IN)
            data = request(granting(receiver))
            pieces = [data[start:end] for start, end in pairwise([0, *sorted(cuts), len(data)])]
            found = await spoken(receiver, pieces)
            assert found is not None
            assert found.status == 303
            assert await receiver.wait(soon()) == Granted(CODE)
            await browse(granting(receiver))

    asyncio.run(scenario())


def survives(pieces: Callable[[Loopback], list[bytes]]) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            receiver.settle(Verdict.SIGNED_IN)
            found = await spoken(receiver, pieces(receiver))
            if found is None or found.status != HTTPStatus.SEE_OTHER:
                assert receiver._outcome is None
                assert found is None or found.body in ("", f"{HTTPStatus(found.status).phrase}\n")
                assert found is None or found.status in (400, 404, 405, 421, 431, 501, 505)
            assert (await browse(granting(receiver))).status == 200
            assert isinstance(await receiver.wait(soon()), Granted)

    with asyncio.Runner() as runner:
        unhandled: list[str] = []
        runner.get_loop().set_exception_handler(lambda _, context: unhandled.append(context["message"]))
        runner.run(scenario())
        assert unhandled == []


async def spoken(receiver: Loopback, pieces: list[bytes]) -> Heard | None:
    """Send them one by one, and hang up if there is no answer: they may be the beginning of a request."""
    async with line(receiver.address) as opened:
        for piece in filter(None, pieces):
            with suppress(ConnectionError):
                await opened.send(piece)
            await asyncio.sleep(0)
        with suppress(OSError):
            opened.writer.write_eof()
        return await opened.heard()
