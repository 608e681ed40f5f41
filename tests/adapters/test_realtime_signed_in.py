"""The whole of ``connect()`` with Realtime on a host of its own: joined, refreshed, signed out, left."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktopauth import Config, connect
from tests.adapters.gateway_verbs import KEY, jwt
from tests.adapters.phoenix import phoenix
from tests.canary import Canary
from tests.scenario import Run, until
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server

FIRST, SECOND = jwt(sub="ada", session_id="s1", n=1), jwt(sub="ada", session_id="s1", n=2)
NOTES = "realtime:notes"


def auth_server(server: ScriptedServer, canary: Canary) -> None:
    def answer(seen: Seen) -> Reply:
        if not seen.path.startswith("/auth/v1/token"):
            return Reply(204)
        token = SECOND if "refresh_token" in seen.path else FIRST
        tokens = {"access_token": token, "refresh_token": canary.secret("refresh"), "token_type": "bearer"}
        return Reply(200, {**tokens, "expires_in": 3600, "expires_at": time.time() + 3600, "user": {"id": "ada"}})

    server.always = answer


def test_from_the_sign_in_to_the_sign_out(tmp_path: Path, canary: Canary, run: Run) -> None:
    async def scenario(server: ScriptedServer) -> None:
        async with phoenix(FIRST, SECOND) as live:
            config = Config(url=server.url, key=KEY, store="memory", realtime_url=live.url)
            async with connect(config, folder=tmp_path) as auth:
                await auth.sign_in("ada@example.com", canary.secret("password"))
                client = await auth.supabase()
                channel = client.channel("notes")
                await channel.subscribe()
                await auth.refresh()
                await until(lambda: live.of("access_token") == [(NOTES, SECOND)])
                auth.sign_out()
                await until(lambda: live.connections == 0)
                assert channel.is_closed
            assert live.of("phx_join") == [(NOTES, FIRST)]

    with scripted_server() as server:
        auth_server(server, canary)
        run(lambda: scenario(server))


def test_leaving_auth_hangs_up(tmp_path: Path, canary: Canary, run: Run) -> None:
    async def scenario(server: ScriptedServer) -> None:
        async with phoenix(FIRST) as live:
            config = Config(url=server.url, key=KEY, store="memory", realtime_url=live.url)
            async with connect(config, folder=tmp_path) as auth:
                await auth.sign_in("ada@example.com", canary.secret("password"))
                await (await auth.supabase()).channel("notes").subscribe()
            await until(lambda: live.connections == 0)

    with scripted_server() as server:
        auth_server(server, canary)
        run(lambda: scenario(server))


@pytest.mark.filterwarnings("ignore:ConnectionClosed.(code|reason) is deprecated:DeprecationWarning")
def test_a_nudge_finds_a_server_that_is_back(tmp_path: Path, canary: Canary, run: Run) -> None:
    async def scenario(server: ScriptedServer) -> None:
        async with phoenix(FIRST) as live:
            config = Config(url=server.url, key=KEY, store="memory", realtime_url=live.url)
            async with connect(config, folder=tmp_path) as auth:
                await auth.sign_in("ada@example.com", canary.secret("password"))
                client = await auth.supabase()
                await client.channel("notes").subscribe()
                client.realtime.max_retries = 1
                await live.stop()
                await until(lambda: client.realtime.waits)
                await live.start()
                auth.nudge()
                await until(lambda: live.joined == {NOTES})

    with scripted_server() as server:
        auth_server(server, canary)
        run(lambda: scenario(server))
