"""Data calls at a real server whose tokens end in the middle of the work: what a person writes lands, exactly once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from supabase import PostgrestAPIError

from desktopauth.adapters.config import Config
from desktopauth.adapters.data import supabase_client
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.own import http_client
from desktopauth.adapters.pool import Pool
from desktopauth.adapters.vault import MemoryTombstones, MemoryVault
from desktopauth.core.auth import Auth
from desktopauth.core.clock import SystemClock
from desktopauth.core.models import Session
from desktopauth.core.parts import Parts
from desktopauth.core.timing import ServerClock
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import PASSWORD, Serve, client, confirmed
from tests.scenario import Run

LIFE = 5  # seconds: long enough for what each test does with one token on a busy machine


class Boastful(SupabaseGateway):
    """A gateway to a server whose tokens end sooner than it says; so they are met by a refusal, not by the clock."""

    refreshes = 0

    async def sign_in(self, email: str, password: str) -> Session:
        return _longer(await super().sign_in(email, password))

    async def refresh(self, refresh_token: str) -> Session:
        self.refreshes += 1
        return _longer(await super().refresh(refresh_token))


def _longer(session: Session) -> Session:
    """It claims an hour, of which ten minutes have passed."""
    return replace(session, expires_in=3600.0, expires_at=session.expires_at + 3000.0)


class Visit:
    """Somebody signed in, and the gateway that counts the refreshes."""

    def __init__(self, server: EmbeddedServer, auth: Auth, gateway: Boastful, own: str) -> None:
        self.server, self.auth, self.gateway, self.own_id = server, auth, gateway, own

    def note(self, body: str) -> dict[str, str]:
        return {"user_id": self.own_id, "body": body}

    async def bodies(self) -> list[str]:
        """What lies in the table, in the order in which it came."""
        found = await (await self.auth.supabase()).table("notes").select("body").order("id").execute()
        return [row["body"] for row in found.data]


@asynccontextmanager
async def visiting(server: EmbeddedServer, folder: Path, *, stale: bool) -> AsyncIterator[Visit]:
    """Everything but the keyring; ``stale`` waits until the token has ended there, of which nobody here hears."""
    async with server, client(server) as http:
        person = (await confirmed(server, http))["user"]
        config = Config(url=server.url, key=server.publishable_key)
        pool, tombstones = Pool(server.url), MemoryTombstones()
        gateway = Boastful(f"{server.url}/auth/v1", server.publishable_key, pool, observe=lambda *_: None)
        vault, locks = MemoryVault(tombstones), FileLocks(folder, "visit")
        auth = Auth(
            Parts(gateway, vault, tombstones, locks, SystemClock(), ServerClock()),
            lambda tokens: supabase_client(tokens, config, pool=pool),
            lambda tokens, origins: http_client(tokens, origins, pool=pool),
            close=pool.aclose,
            expects=False,
        )
        async with auth:
            await auth.sign_in(person["email"], PASSWORD)
            if stale:
                await _refused(http, str(await auth.access_token()))
            yield Visit(server, auth, gateway, person["id"])


async def _refused(http: httpx.AsyncClient, token: str) -> None:
    async with asyncio.timeout(20):
        while (await http.get("/rest/v1/notes", headers={"Authorization": f"Bearer {token}"})).status_code != 401:
            await asyncio.sleep(0.1)


Story = Callable[[Visit], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture
def play_stale(serve: Serve, tmp_path: Path, run: Run) -> Play:
    def played(story: Story) -> None:
        async def scenario() -> None:
            async with visiting(serve(jwt_expiry=LIFE), tmp_path, stale=True) as visit:
                await story(visit)
                assert visit.gateway.refreshes == 1

        run(scenario)

    return played


def test_an_insert_with_a_stale_token_lands_exactly_once(play_stale: Play) -> None:
    async def story(visit: Visit) -> None:
        notes = (await visit.auth.supabase()).table("notes")
        await notes.insert(visit.note("remember")).execute()
        assert await visit.bodies() == ["remember"]

    play_stale(story)


def test_many_inserts_with_a_stale_token_are_one_refresh_and_as_many_rows(play_stale: Play) -> None:
    async def story(visit: Visit) -> None:
        supabase = await visit.auth.supabase()
        wanted = [f"note {number}" for number in range(80)]
        await asyncio.gather(*(supabase.table("notes").insert(visit.note(body)).execute() for body in wanted))
        assert sorted(await visit.bodies()) == sorted(wanted)

    play_stale(story)


def test_what_a_client_of_ones_own_sends_with_a_stale_token_lands_once_too(play_stale: Play) -> None:
    async def story(visit: Visit) -> None:
        api = await visit.auth.http(visit.server.url)
        headers = {"apikey": visit.server.publishable_key}
        answer = await api.post(f"{visit.server.url}/rest/v1/notes", json=visit.note("by hand"), headers=headers)
        assert answer.status_code == 201
        assert await visit.bodies() == ["by hand"]

    play_stale(story)


def test_what_a_person_may_not_do_costs_no_refresh(serve: Serve, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with visiting(serve(), tmp_path, stale=False) as visit:
            notes = (await visit.auth.supabase()).table("notes")
            with pytest.raises(PostgrestAPIError, match="row-level security"):
                await notes.insert(visit.note("as another") | {"user_id": str(uuid.uuid4())}).execute()
            assert await visit.bodies() == []
            assert visit.gateway.refreshes == 0

    run(scenario)
