"""The data client is the stock one: it follows whoever is signed in, and signs nobody in or out itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import supabase

from desktopauth.adapters.config import Config
from desktopauth.adapters.data import NoAuthHereError, supabase_client
from desktopauth.adapters.pool import Pool
from tests.adapters.gateway_verbs import KEY, jwt
from tests.adapters.tokens import Live
from tests.scenario import Run, settled
from tests.scripted_server import Reply, ScriptedServer, scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, [])
        yield found


def test_making_it_sends_nothing_and_starts_nothing(server: ScriptedServer, run: Run) -> None:
    async def scenario() -> None:
        pool, before = Pool(server.url), asyncio.all_tasks()
        client = await supabase_client(Live(jwt()), Config(url=server.url, key=KEY), pool=pool)
        assert isinstance(client, supabase.AsyncClient)
        await settled()
        assert asyncio.all_tasks() == before
        await pool.aclose()

    run(scenario)
    assert server.seen == []


def test_it_follows_whoever_is_signed_in(server: ScriptedServer, run: Run) -> None:
    first, second = jwt(n=1), jwt(n=2)

    async def scenario() -> None:
        pool, live = Pool(server.url), Live(first)
        client = await supabase_client(live, Config(url=server.url, key=KEY), pool=pool)
        notes = client.table("notes").select("*")
        await notes.execute()
        live.token = second
        await notes.execute()  # a query that was written before the refresh
        live.token = None
        await client.rpc("whoami").execute()
        await pool.aclose()

    run(scenario)
    assert [seen.all("authorization") for seen in server.seen] == [[f"Bearer {t}"] for t in (first, second, KEY)]
    assert [seen.all("apikey") for seen in server.seen] == [[KEY]] * 3


def test_storage_and_functions_carry_the_token_too(server: ScriptedServer, run: Run) -> None:
    live = Live(jwt())

    async def scenario() -> None:
        pool = Pool(server.url)
        client = await supabase_client(live, Config(url=server.url, key=KEY), pool=pool)
        await client.storage.list_buckets()
        await client.functions.invoke("hello")
        await pool.aclose()

    run(scenario)
    assert [seen.path.split("/")[1] for seen in server.seen] == ["storage", "functions"]
    assert {seen.header("authorization") for seen in server.seen} == {f"Bearer {live.token}"}


def test_it_cannot_be_used_to_sign_in(server: ScriptedServer, run: Run) -> None:
    async def scenario() -> None:
        pool = Pool(server.url)
        client = await supabase_client(Live(None), Config(url=server.url, key=KEY), pool=pool)
        with pytest.raises(NoAuthHereError, match="Use the commands of desktopauth's Auth"):
            await client.auth.sign_in_with_password({"email": "eve@example.com", "password": "correct horse"})
        await pool.aclose()

    run(scenario)
    assert server.seen == []
