"""A project whose services lie under other paths, ports and hosts: each is asked where it is, and nobody else is."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from desktopauth import Auth, Config, connect
from tests.adapters.gateway_verbs import KEY, jwt
from tests.canary import Canary
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server

TOKEN = jwt(sub="ada", session_id="s1")
NAMES = ("project", "auth", "rest", "storage", "functions", "stranger")
Servers = dict[str, ScriptedServer]


@pytest.fixture
def servers(canary: Canary) -> Iterator[Servers]:
    """One for each service, one at the project's own address, and one that is configured nowhere."""
    refresh = canary.secret("refresh")

    def answer(seen: Seen) -> Reply:
        if not seen.path.startswith("/custom/auth/v1/token"):
            return Reply(200, [])
        tokens = {"access_token": TOKEN, "refresh_token": refresh, "token_type": "bearer", "expires_in": 3600}
        return Reply(200, tokens | {"expires_at": time.time() + 3600, "user": {"id": "ada"}})

    with ExitStack() as running:
        found = {name: running.enter_context(scripted_server()) for name in NAMES}
        for server in found.values():
            server.always = answer
        yield found


@asynccontextmanager
async def signed_in(servers: Servers, folder: Path, canary: Canary, *services: str) -> AsyncIterator[Auth]:
    moved = {f"{name}_url": f"{servers[name].url}/custom/{name}/v1" for name in services}
    config = Config(url=servers["project"].url, key=KEY, store="memory", **moved)  # type: ignore[arg-type]
    async with connect(config, folder=folder) as auth:
        await auth.sign_in("ada@example.com", canary.secret("password"))
        yield auth


def asked(server: ScriptedServer) -> list[tuple[str, str]]:
    return [(seen.path.partition("?")[0], seen.header("authorization")) for seen in server.seen]


def carrying(servers: Servers) -> set[str]:
    """Who was sent the token, in whatever header."""
    return {name for name, server in servers.items() for seen in server.seen if TOKEN in str(seen.headers)}


def test_each_service_is_asked_at_its_own_address(servers: Servers, tmp_path: Path, canary: Canary, run: Run) -> None:
    async def scenario() -> None:
        async with signed_in(servers, tmp_path, canary, "auth", "rest", "storage", "functions") as auth:
            client = await auth.supabase()
            await client.table("notes").select("*").execute()
            await client.storage.list_buckets()
            await client.functions.invoke("hello")

    run(scenario)
    signed = f"Bearer {TOKEN}"
    assert asked(servers["auth"]) == [("/custom/auth/v1/token", f"Bearer {KEY}")]
    assert asked(servers["rest"]) == [("/custom/rest/v1/notes", signed)]
    assert asked(servers["storage"]) == [("/custom/storage/v1/bucket", signed)]
    assert asked(servers["functions"]) == [("/custom/functions/v1/hello", signed)]
    assert asked(servers["project"]) == []


def test_what_has_no_address_of_its_own_stays_under_the_project(
    servers: Servers, tmp_path: Path, canary: Canary, run: Run
) -> None:
    async def scenario() -> None:
        async with signed_in(servers, tmp_path, canary, "auth", "storage") as auth:
            client = await auth.supabase()
            await client.table("notes").select("*").execute()
            await client.storage.list_buckets()

    run(scenario)
    assert asked(servers["project"]) == [("/rest/v1/notes", f"Bearer {TOKEN}")]
    assert carrying(servers) == {"project", "storage"}


Steer = Callable[[Servers], str]
ASTRAY: dict[str, Steer] = {
    "an origin that is configured nowhere": lambda servers: f"{servers['stranger'].url}/rest/v1/notes",
    "the project's own, where no service is": lambda servers: f"{servers['project'].url}/rest/v1/notes",
    "the auth server's": lambda servers: f"{servers['auth'].url}/custom/auth/v1/user",
    "another name of the same machine": lambda servers: servers["rest"].url.replace("127.0.0.1", "localhost"),
}


@pytest.mark.parametrize("where", ASTRAY)
def test_a_token_goes_to_no_origin_that_it_was_not_made_for(
    where: str, servers: Servers, tmp_path: Path, canary: Canary, run: Run
) -> None:
    """Whether the developer's own client is sent there, or a service redirects there."""

    async def scenario() -> None:
        async with signed_in(servers, tmp_path, canary, "auth", "rest", "storage", "functions") as auth:
            client = await auth.supabase()
            http = client.options.httpx_client
            away = ASTRAY[where](servers)
            await http.get(away, headers={"apikey": KEY, "Authorization": f"Bearer {KEY}"})
            servers["rest"].play(Reply(307, {}, {"Location": away}))
            await client.table("notes").select("*").execute()

    run(scenario)
    assert carrying(servers) == {"rest"}
    [signed] = [seen for server in servers.values() for seen in server.seen if TOKEN in str(seen.headers)]
    assert signed.path.startswith("/custom/rest/v1/notes")


def test_a_redirect_from_one_service_to_another_is_not_signed(
    servers: Servers, tmp_path: Path, canary: Canary, run: Run
) -> None:
    async def scenario() -> None:
        async with signed_in(servers, tmp_path, canary, "auth", "rest", "storage", "functions") as auth:
            client = await auth.supabase()
            servers["rest"].play(Reply(307, {}, {"Location": f"{servers['storage'].url}/custom/storage/v1/x"}))
            await client.table("notes").select("*").execute()

    run(scenario)
    assert asked(servers["storage"]) == [("/custom/storage/v1/x", "")]


def test_a_service_that_is_down_is_not_looked_for_elsewhere(
    servers: Servers, tmp_path: Path, canary: Canary, run: Run
) -> None:
    servers["storage"].shutdown()
    servers["storage"].server_close()

    async def scenario() -> None:
        async with signed_in(servers, tmp_path, canary, "auth", "storage") as auth:
            client = await auth.supabase()
            with pytest.raises(httpx.ConnectError):
                await client.storage.list_buckets()

    run(scenario)
    assert carrying(servers) == set()
