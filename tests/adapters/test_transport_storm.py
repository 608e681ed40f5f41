"""Many requests with a stale token at once, or one after the other: one refresh, and no request more than it takes.

The whole of ``connect()`` runs here, against a project on loopback that says who may come in by the access token alone.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from desktopauth import Auth, Config, connect
from desktopauth.adapters.pool import Pool
from desktopauth.adapters.transport import data_client
from tests.adapters.gateway_verbs import KEY, jwt
from tests.adapters.tokens import Live, two
from tests.canary import Canary
from tests.scenario import Run, until
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server

STALE = Reply(401, {"code": "PGRST303", "message": "JWT expired"})


class Project:
    """An auth server whose tokens were made ten minutes ago, and data that only the newest of them may read."""

    def __init__(self, server: ScriptedServer, canary: Canary) -> None:
        self.server, self.canary = server, canary
        self.password = canary.secret("password")
        self.newest = ""
        self.refreshes = self.refusals = self.served = 0
        self.refuses_all = self.is_down = False
        self.ahead = 0.0  # seconds by which it is later than it really is
        self.held: threading.Event | None = None  # until then a refresh gets no answer
        server.always = self.answer

    def answer(self, seen: Seen) -> Reply:
        if seen.path.startswith("/auth/v1/token"):
            return self._session(refresh="refresh_token" in seen.path)
        if seen.path.startswith("/auth/v1/logout"):
            return Reply(204)
        if self.refuses_all or seen.header("authorization") != f"Bearer {self.newest}":
            self.refusals += 1
            return STALE
        self.served += 1
        return Reply(200, [])

    def _session(self, *, refresh: bool) -> Reply:
        if refresh and self.is_down:
            return Reply(503, {"message": "later"})
        made = self.now() - (0 if refresh else 600)
        self.refreshes += refresh
        self.newest = jwt(sub="ada", session_id="s1", n=self.refreshes)
        tokens = {"access_token": self.newest, "refresh_token": self.canary.secret("refresh"), "token_type": "bearer"}
        session = {**tokens, "expires_in": 3600, "expires_at": made + 3600, "user": {"id": "ada"}}
        return Reply(200, session, {"Date": formatdate(self.now(), usegmt=True)}, wait=self.held if refresh else None)

    def now(self) -> float:
        return time.time() + self.ahead

    def forget(self) -> None:
        """What was handed out so far is stale from now on."""
        self.newest = "another"

    @asynccontextmanager
    async def signed_in(self, folder: Path) -> AsyncIterator[Auth]:
        async with connect(Config(url=self.server.url, key=KEY, store="memory"), folder=folder) as auth:
            await auth.sign_in("ada@example.com", self.password)
            yield auth


@pytest.fixture
def project(canary: Canary) -> Iterator[Project]:
    with scripted_server() as server:
        yield Project(server, canary)


def test_two_hundred_refused_at_once_are_one_refresh(project: Project, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client = await auth.supabase()
            project.forget()
            calls = [client.table("notes").select("*").execute() for _ in range(200)]
            assert all(answer.data == [] for answer in await asyncio.gather(*calls))

    run(scenario)
    assert (project.refreshes, project.served) == (1, 200)
    assert project.refusals <= 64, "who waits in line is not sent with a token that was refused already"


def test_a_thousand_refusals_one_after_the_other_are_one_refresh(project: Project, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client = await auth.http(project.server.url)
            for _ in range(1000):
                assert (await client.get(f"{project.server.url}/things")).status_code == 401

    project.refuses_all = True
    run(scenario, deadline=60)
    assert (project.refreshes, project.refusals) == (1, 1001)


def test_a_refresh_that_cannot_be_had_is_not_asked_for_again_and_again(
    project: Project, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client = await auth.http(project.server.url)
            for _ in range(50):
                assert (await client.get(f"{project.server.url}/things")).status_code == 401
            assert auth.user is not None

    project.refuses_all = project.is_down = True
    run(scenario)
    asked = [seen for seen in project.server.seen if "refresh_token" in seen.path]
    assert (project.refreshes, project.refusals) == (0, 50)
    assert len(asked) < 10, "it is asked for again by its own clock, not once for each refusal"


def test_own_clients_follow_who_is_signed_in_and_end_with_auth(project: Project, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client, plain = await auth.http(project.server.url), await auth.plain_http()
            url = f"{project.server.url}/things"
            assert (await client.get(url)).status_code == 200
            auth.sign_out()
            assert (await client.get(url)).status_code == (await plain.get(url)).status_code == 401
            asked = [seen.all("authorization") for seen in project.server.seen if seen.path == "/things"]
            assert [len(values) for values in asked] == [1, 0, 0]
        for left in (client, plain):
            with pytest.raises(RuntimeError, match="Auth has been left"):
                await left.get(url)

    run(scenario)


def test_an_api_of_ones_own_that_hangs_holds_up_neither_data_nor_refresh(
    project: Project, tmp_path: Path, run: Run
) -> None:
    held = threading.Event()

    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client, supabase = await auth.http(project.server.url), await auth.supabase()
            hanging = [asyncio.create_task(client.get(f"{project.server.url}/slow")) for _ in range(120)]
            await until(lambda: sum(seen.path == "/slow" for seen in project.server.seen) == 64)
            await auth.refresh()
            assert (await supabase.table("notes").select("*").execute()).data == []
            held.set()
            assert {answer.status_code for answer in await asyncio.gather(*hanging)} == {200}

    project.server.always = lambda seen: Reply(200, [], wait=held) if seen.path == "/slow" else project.answer(seen)
    run(scenario)


# ---- with tokens in the test's hand


async def opened(server: ScriptedServer, live: Live) -> tuple[Pool, httpx.AsyncClient]:
    pool = Pool(server.url)
    client = data_client(await pool.open(), (server.url,), KEY, live)
    client.base_url, client.headers = server.url, {"apikey": KEY, "Authorization": f"Bearer {KEY}"}
    return pool, client


def test_who_gives_up_while_it_is_renewed_leaves_nothing_behind(project: Project, run: Run) -> None:
    live, server = two(), project.server

    async def scenario() -> None:
        pool, client = await opened(server, live)
        live.may_renew.clear()
        waiting = asyncio.create_task(client.get("/rest/v1/notes"))
        await until(lambda: live.refused)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await client.get("/rest/v1/notes")).status_code == 200
        await pool.aclose()

    server.always = lambda _: Reply(200, [])
    server.play(STALE)
    run(scenario)
    assert len(server.seen) == 2


def test_who_is_refused_late_gets_the_token_that_is_here_already(project: Project, run: Run) -> None:
    live, server, held = two(), project.server, threading.Event()
    old = live.token

    async def scenario() -> None:
        pool, client = await opened(server, live)
        calls = [asyncio.create_task(client.get("/rest/v1/notes")) for _ in range(100)]
        await until(lambda: live.asked == 64)
        live.token = live.fresh  # as when a refresh ends just then
        held.set()
        assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
        await pool.aclose()

    def serve(seen: Seen) -> Reply:
        stale = seen.header("authorization") == f"Bearer {old}"
        return Reply(401, STALE.body, wait=held) if stale else Reply(200, [])

    server.always = serve
    run(scenario)
    assert (len(live.refused), len(server.seen)) == (64, 164)
