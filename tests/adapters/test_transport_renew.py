"""A request whose token was refused as stale is sent once more with a newer one, and its caller does not notice."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from desktopauth.adapters.pool import Pool
from desktopauth.adapters.transport import data_client
from tests.adapters.gateway_verbs import KEY
from tests.adapters.tokens import Live, two
from tests.scenario import Run, until
from tests.scripted_server import Reply, ScriptedServer, scripted_server

SIGNED = {"apikey": KEY, "Authorization": f"Bearer {KEY}"}
STALE = Reply(401, {"code": "PGRST303", "message": "JWT expired"})
OTHERS = [
    Reply(400, {"statusCode": "403", "error": "Unauthorized", "message": '"exp" claim timestamp check failed'}),
    Reply(401, {"code": 401, "message": "Invalid JWT"}),
    Reply(403, {"code": 403, "error_code": "bad_jwt", "msg": "token is expired"}),
]
MIB = 1024 * 1024


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {"done": True})
        yield found


def play(
    run: Run, server: ScriptedServer, live: Live, story: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> httpx.Response:
    async def scenario() -> httpx.Response:
        pool = Pool(server.url)
        client = data_client(await pool.open(), (server.url,), KEY, live)
        client.base_url, client.headers = server.url, SIGNED
        try:
            return await story(client)
        finally:
            await pool.aclose()

    return run(scenario)


def post(run: Run, server: ScriptedServer, live: Live, **what: Any) -> httpx.Response:
    return play(run, server, live, lambda client: client.post("/rest/v1/notes", **what))


def bearers(server: ScriptedServer) -> list[str]:
    return [seen.header("authorization").removeprefix("Bearer ") for seen in server.seen]


@pytest.mark.parametrize("stale", [STALE, *OTHERS], ids=["PostgREST", "Storage", "Functions", "auth"])
def test_a_refused_token_is_renewed_and_the_request_sent_once_more(
    stale: Reply, server: ScriptedServer, run: Run
) -> None:
    live = two()
    first, second = live.token, live.fresh
    server.play(stale)
    answer = post(run, server, live, json={"body": "remember"})
    assert (answer.status_code, answer.json()) == (200, {"done": True})
    assert (bearers(server), live.refused) == ([first, second], [first])
    assert [seen.json for seen in server.seen] == [{"body": "remember"}] * 2
    assert server.seen[1].headers == tuple(
        (name, f"Bearer {second}" if name == "authorization" else value) for name, value in server.seen[0].headers
    )


def test_nothing_that_leaves_holds_either_token(server: ScriptedServer, run: Run) -> None:
    live = two()
    first, second = live.token, live.fresh
    server.play(STALE)
    answer = post(run, server, live)
    for token in (first, second):
        assert str(token) not in f"{answer.request.headers.raw!r}{answer!r}{answer.headers.raw!r}{answer.history!r}"


@pytest.mark.parametrize(
    "other",
    [
        Reply(401, {"code": "42501", "message": "permission denied"}),
        Reply(401, {"code": "PGRST302", "message": "Anonymous access is disabled"}),
        Reply(401, {"message": "Invalid API key"}),
        Reply(401, {"error": "not on the list"}),
        Reply(500, {"message": "JWT expired"}),
        Reply(404, {"message": "JWT expired"}),
    ],
    ids=["rights", "anonymous", "key", "function", "500", "404"],
)
def test_another_refusal_is_handed_back_as_it_is(other: Reply, server: ScriptedServer, run: Run) -> None:
    live = two()
    server.play(other)
    answer = post(run, server, live)
    assert (answer.status_code, answer.json()) == (other.status, other.body)
    assert (live.refused, len(server.seen)) == ([], 1)


def test_without_another_token_the_servers_own_answer_is_seen(server: ScriptedServer, run: Run) -> None:
    live = Live("no-other-token")
    server.play(STALE)
    answer = post(run, server, live)
    assert (answer.status_code, answer.json()) == (401, STALE.body)
    assert (live.refused, len(server.seen)) == (["no-other-token"], 1)


def test_a_second_refusal_is_handed_back(server: ScriptedServer, run: Run) -> None:
    live = two()
    server.always = lambda _: STALE
    assert post(run, server, live).status_code == 401
    assert (len(live.refused), len(server.seen)) == (1, 2)


def test_a_request_without_our_token_is_nobodys_business(server: ScriptedServer, run: Run) -> None:
    server.always = lambda _: STALE
    for live, headers in ((Live(None), {}), (two(), {"Authorization": "Bearer of-the-developer"})):
        assert post(run, server, live, headers=headers).status_code == 401
        assert live.refused == []
    assert len(server.seen) == 2


# ---- bodies


def test_a_small_form_is_sent_again_byte_by_byte(server: ScriptedServer, run: Run) -> None:
    server.play(OTHERS[0])
    post(run, server, two(), files={"file": ("a.bin", bytes(range(256)) * 64, "image/png")}, data={"cacheControl": "1"})
    first, second = server.seen
    assert len(first.body) > 256 * 64
    assert first.body == second.body


def test_a_body_of_a_mebibyte_is_sent_again(server: ScriptedServer, run: Run) -> None:
    server.play(STALE)
    assert post(run, server, two(), content=b"x" * MIB).status_code == 200
    assert [len(seen.body) for seen in server.seen] == [MIB, MIB]


async def streamed() -> AsyncIterator[bytes]:
    yield b"once"


@pytest.mark.parametrize(
    "what",
    [
        {"content": b"x" * (MIB + 1)},
        {"files": {"file": b"x" * MIB}},
        {"content": streamed(), "headers": {"Content-Length": "4"}},
    ],
    ids=["body", "form", "stream"],
)
def test_a_larger_one_or_a_stream_is_renewed_for_but_handed_back(
    what: dict[str, Any], server: ScriptedServer, run: Run
) -> None:
    live = two()
    server.play(STALE)
    answer = post(run, server, live, **what)
    assert (answer.status_code, answer.json()) == (401, STALE.body)
    assert (len(live.refused), len(server.seen)) == (1, 1)


def test_a_stream_of_unknown_length_is_not_taken_into_memory(server: ScriptedServer, run: Run) -> None:
    live = two()
    server.play(STALE)
    answer = post(run, server, live, content=streamed(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 401
    assert server.seen[0].header("transfer-encoding") == "chunked"
    assert (len(live.refused), len(server.seen)) == (1, 1)


# ---- answers


def test_an_answer_to_head_says_it_in_its_head(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(401, b"", {"Proxy-Status": "PostgREST; error=PGRST303"}))
    assert play(run, server, two(), lambda client: client.head("/rest/v1/notes")).status_code == 200


def packed(body: object) -> tuple[bytes, dict[str, str]]:
    return gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip", "Content-Type": "application/json"}


def test_a_packed_refusal_is_understood(server: ScriptedServer, run: Run) -> None:
    raw, headers = packed(STALE.body)
    server.play(Reply(401, raw, headers))
    assert post(run, server, two()).status_code == 200


def test_what_is_handed_back_can_be_read_timed_and_streamed(server: ScriptedServer, run: Run) -> None:
    raw, headers = packed(said := {"code": "42501", "message": "permission denied"})

    async def stream(client: httpx.AsyncClient) -> httpx.Response:
        async with client.stream("GET", "/rest/v1/notes") as answer:
            assert answer.is_stream_consumed is False
            assert json.loads(b"".join([part async for part in answer.aiter_bytes()])) == said
            return answer

    server.always = lambda _: Reply(403, raw, headers)
    for story in (stream, lambda client: client.get("/rest/v1/notes")):
        answer = play(run, server, two(), story)
        assert answer.elapsed.total_seconds() > 0
        assert (answer.http_version, answer.reason_phrase) == ("HTTP/1.1", "Forbidden")
        assert answer.num_bytes_downloaded == len(raw)
    assert answer.json() == said


def test_a_damaged_refusal_is_damaged_for_its_caller_alone(server: ScriptedServer, run: Run) -> None:
    live = two()
    server.play(Reply(401, b"no gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(httpx.DecodingError):
        post(run, server, live)
    assert live.refused == []


def test_a_refusal_that_breaks_off_is_an_error_of_the_network(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(raw=b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nJWT"))
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        post(run, server, live := two())
    assert str(live.token) not in f"{caught.value.request.headers.raw!r}"


def test_a_long_refusal_is_not_judged_and_arrives_whole(server: ScriptedServer, run: Run) -> None:
    live, long = two(), b"JWT expired" * 100_000
    server.always = lambda _: Reply(403, long)

    async def stream(client: httpx.AsyncClient) -> httpx.Response:
        async with client.stream("GET", "/rest/v1/notes") as answer:
            assert answer.num_bytes_downloaded == 0
            assert b"".join([part async for part in answer.aiter_raw()]) == long
            return answer

    play(run, server, live, stream)
    assert post(run, server, live).content == long
    assert (live.refused, len(server.seen)) == ([], 2)


def test_while_it_is_renewed_its_connection_serves_others(
    server: ScriptedServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections, accept = list[int](), server.get_request

    def counted() -> Any:
        connections.append(1)
        return accept()

    monkeypatch.setattr(server, "get_request", counted)

    async def story(client: httpx.AsyncClient) -> httpx.Response:
        live.may_renew.clear()
        renewing = asyncio.create_task(client.get("/rest/v1/notes"))
        await until(lambda: live.refused)
        assert (await client.get("/rest/v1/other", headers={"Authorization": "Bearer mine"})).status_code == 200
        live.may_renew.set()
        return await renewing

    live = two()
    server.play(STALE)
    assert play(run, server, live, story).status_code == 200
    assert (len(connections), len(server.seen)) == (1, 3)
