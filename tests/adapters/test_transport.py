"""The live token goes to the project's origin and nowhere else, and into nothing that leaves the transport."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from desktopauth.adapters.pool import Pool
from desktopauth.adapters.transport import data_client
from tests.adapters.gateway_verbs import KEY, jwt
from tests.adapters.tokens import Live
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server

SIGNED = {"apikey": KEY, "Authorization": f"Bearer {KEY}"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {})
        yield found


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {})
        yield found


def ask(
    run: Run, server: ScriptedServer, live: Live, path: str = "/rest/v1/notes", **options: object
) -> httpx.Response:
    async def scenario() -> httpx.Response:
        pool = Pool(server.url)
        client = data_client(await pool.open(), (server.url,), KEY, live)
        answer = await client.request("GET", server.url + path, **{"headers": SIGNED, **options})  # type: ignore[arg-type]
        await pool.aclose()
        return answer

    return run(scenario)


def test_the_placeholder_gives_way_to_the_live_token(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    ask(run, server, live)
    [seen] = server.seen
    assert (seen.all("authorization"), seen.all("apikey")) == ([f"Bearer {live.token}"], [KEY])


def test_duplicates_of_the_placeholder_become_one_header(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    twice = [("apikey", KEY), ("authorization", f"Bearer {KEY}"), ("Authorization", f"Bearer {KEY}")]
    ask(run, server, live, headers=twice)
    assert server.seen[0].all("authorization") == [f"Bearer {live.token}"]


def test_with_nobody_signed_in_the_key_goes_out(server: ScriptedServer, run: Run) -> None:
    ask(run, server, Live(None))
    assert server.seen[0].all("authorization") == [f"Bearer {KEY}"]


def test_the_developers_own_authorization_is_left_alone(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    ask(run, server, live, headers={"apikey": KEY, "Authorization": "Bearer of-the-developer"})
    assert (server.seen[0].all("authorization"), live.asked) == (["Bearer of-the-developer"], 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_carries_neither_token_nor_key(
    server: ScriptedServer, elsewhere: ScriptedServer, run: Run, status: int
) -> None:
    server.play(Reply(status, {}, {"Location": f"{elsewhere.url}/steal"}))
    ask(run, server, Live(jwt()))
    [seen] = elsewhere.seen
    assert (seen.all("authorization"), seen.all("apikey"), seen.all("cookie")) == ([], [], [])


def test_a_redirect_to_the_same_origin_stays_signed(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    server.play(Reply(307, {}, {"Location": "/rest/v1/other"}))
    ask(run, server, live)
    assert [seen.all("authorization") for seen in server.seen] == [[f"Bearer {live.token}"]] * 2


def test_a_redirect_there_and_back_is_signed_no_more(
    server: ScriptedServer, elsewhere: ScriptedServer, run: Run
) -> None:
    server.play(Reply(307, {}, {"Location": f"{elsewhere.url}/away"}))
    elsewhere.play(Reply(307, {}, {"Location": f"{server.url}/rest/v1/back"}))
    ask(run, server, Live(jwt()))
    assert elsewhere.seen[0].all("authorization") == []
    assert server.seen[1].all("authorization") == []  # else a stranger could have requests signed


def test_another_port_scheme_or_host_is_another_origin(
    elsewhere: ScriptedServer, server: ScriptedServer, run: Run
) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        client = data_client(await pool.open(), (server.url,), KEY, Live(jwt()))
        await client.get(elsewhere.url, headers=SIGNED)
        await client.get(server.url.replace("127.0.0.1", "localhost"), headers=SIGNED)
        await pool.aclose()

    run(scenario)
    for seen in (*elsewhere.seen, *server.seen):
        assert (seen.all("authorization"), seen.all("apikey")) == ([], [])
    assert (len(elsewhere.seen), len(server.seen)) == (1, 1)


def test_what_leaves_holds_no_token(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    answer = ask(run, server, live)
    assert str(live.token) not in str(answer.request.headers.raw) + repr(answer) + str(answer.headers.raw)
    assert answer.request.headers["authorization"] == f"Bearer {KEY}"


def test_an_error_holds_no_token(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())
    server.play(Reply(raw=b""))
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        ask(run, server, live)
    assert caught.value.request.headers["authorization"] == f"Bearer {KEY}"
    assert str(live.token) not in str(caught.value)


def test_cookies_are_not_kept(server: ScriptedServer, run: Run) -> None:
    server.always = lambda _: Reply(200, {}, {"Set-Cookie": "__cf_bm=of-somebody; Path=/"})

    async def scenario() -> None:
        pool = Pool(server.url)
        client = data_client(await pool.open(), (server.url,), KEY, Live(jwt()))
        for _ in range(2):
            await client.get(server.url, headers=SIGNED)
        assert len(client.cookies.jar) == 0
        await pool.aclose()

    run(scenario)
    assert [seen.all("cookie") for seen in server.seen] == [[], []]


def test_who_waits_in_line_gets_the_newest_token(server: ScriptedServer, run: Run) -> None:
    live = Live("old")

    async def scenario() -> None:
        pool = Pool(server.url)
        client = data_client(await pool.open(), (server.url,), KEY, live)
        calls = [asyncio.ensure_future(client.get(server.url, headers=SIGNED)) for _ in range(200)]
        while live.asked < 64:
            await asyncio.sleep(0)
        assert live.asked == 64
        live.token = "new"
        await asyncio.gather(*calls)
        await pool.aclose()

    run(scenario)
    sent = [seen.header("authorization") for seen in server.seen]
    assert (sent.count("Bearer old"), sent.count("Bearer new")) == (64, 136)


def test_closing_a_client_leaves_the_pool_open(server: ScriptedServer, run: Run) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        async with data_client(await pool.open(), (server.url,), KEY, Live(None)) as client:
            await client.get(server.url, headers=SIGNED)
        other = data_client(await pool.open(), (server.url,), KEY, Live(None))
        assert (await other.get(server.url, headers=SIGNED)).status_code == 200
        await pool.aclose()

    run(scenario)


def test_a_pool_is_made_once_however_many_ask(run: Run) -> None:
    async def scenario() -> None:
        pool = Pool("http://127.0.0.1:9")
        made = await asyncio.gather(*(pool.open() for _ in range(20)))
        assert len({id(one) for one in made}) == 1
        await pool.aclose()
        await pool.aclose()

    run(scenario)
