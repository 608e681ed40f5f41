"""Realtime follows whoever is signed in, over a real WebSocket: the stock SDK, and a server that checks every token."""

from __future__ import annotations

import asyncio

import pytest
import websockets
from realtime import AsyncRealtimeClient

from desktopauth.adapters.realtime import LiveRealtime
from desktopauth.core.errors import ErrorKind, Outcome, Problem
from desktopauth.core.events import AuthEvent
from tests.adapters.gateway_verbs import KEY, jwt
from tests.adapters.phoenix import phoenix
from tests.adapters.realtime_visit import Visit, visiting
from tests.canary import Canary
from tests.conftest import LogWatch
from tests.scenario import Run, settled, until

FIRST, SECOND, BERTHA = jwt(sub="ada", n=1), jwt(sub="ada", n=2), jwt(sub="bertha", n=3)
# the SDK asks its WebSocket library why a connection was closed by names that are going away
pytestmark = pytest.mark.filterwarnings("ignore:ConnectionClosed.(code|reason) is deprecated:DeprecationWarning")
NOTES = "realtime:notes"


def test_nothing_is_connected_and_nothing_runs_before_a_channel_is_asked_for(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            before = asyncio.all_tasks()
            await visit.open()
            visit.tell(AuthEvent.TOKEN_REFRESHED)
            await settled()
            assert asyncio.all_tasks() == before
            assert (visit.server.keys, visit.hearing) == ([], 0)

    run(scenario)


def test_a_channel_joins_with_the_live_token_and_hears(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            assert visit.server.of("phx_join") == [(NOTES, FIRST)]
            assert (visit.server.keys, visit.server.paths) == ([KEY], ["/realtime/v1/websocket"])
            await visit.server.broadcast("notes", "hello")
            await until(lambda: visit.news == ["hello"])

    run(scenario)


def test_with_nobody_signed_in_the_key_joins(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(None) as visit:
            visit.server.valid.add(KEY)
            await visit.join("notes")
            assert visit.server.of("phx_join") == [(NOTES, KEY)]

    run(scenario)


def test_who_signs_in_later_joins_with_their_token(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(None, FIRST) as visit:
            await visit.open()
            visit.client.realtime  # noqa: B018 - looking at it is using it
            await settled()
            visit.live.token = FIRST
            visit.tell(AuthEvent.SIGNED_IN)
            await visit.join("notes")
            assert visit.server.of("phx_join") == [(NOTES, FIRST)]

    run(scenario)


def test_a_token_that_comes_while_a_channel_joins_reaches_it(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            joining = asyncio.create_task(visit.join("tasks"))
            while not visit.client.channel("tasks").is_joining:
                await asyncio.sleep(0)
            await visit.client.realtime.set_auth(SECOND)
            await joining
            await until(lambda: len(visit.server.of("access_token")) == 2)
            assert visit.server.joined == {NOTES, "realtime:tasks"}

    run(scenario)


def test_a_refresh_reaches_every_channel_once(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            await visit.join("tasks")
            visit.refreshed(SECOND)
            await until(lambda: len(visit.server.of("access_token")) == 2)
            visit.tell(AuthEvent.REFRESH_FAILED)  # no new token
            await settled()
            assert visit.server.of("access_token") == [(NOTES, SECOND), ("realtime:tasks", SECOND)]
            await visit.join("late")
            assert visit.server.of("phx_join")[-1] == ("realtime:late", SECOND)

    run(scenario)


def test_signing_out_leaves_every_channel_and_hangs_up(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            await visit.join("tasks")
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            assert visit.client.get_channels() == [], "at once, before any task has run"
            await until(lambda: visit.server.connections == 0 and not visit.server.joined)
            assert visit.states == ["notes SUBSCRIBED", "tasks SUBSCRIBED", "notes CLOSED", "tasks CLOSED"]
            assert visit.client.realtime.access_token == KEY

    run(scenario)


def test_signing_out_hangs_up_while_a_token_is_still_waited_for(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            await visit.join("tasks")
            visit.live.may_renew.clear()
            await visit.server.end_token("notes")
            await until(lambda: visit.live.refused == [FIRST])
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            await until(lambda: visit.server.connections == 0)
            visit.live.may_renew.set()

    run(scenario)


def test_whoever_comes_next_has_a_connection_and_channels_of_their_own(run: Run) -> None:
    """Even where the app opens the same channel within the event of the sign-in, while the old one is still closing."""

    async def scenario() -> None:
        async with visiting(FIRST, BERTHA) as visit:
            await visit.join("notes")
            before = visit.client.channel("notes")
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            visit.live.token = BERTHA
            visit.tell(AuthEvent.SIGNED_IN)
            await visit.join("notes")
            assert visit.client.channel("notes") is not before
            assert visit.server.of("phx_join") == [(NOTES, FIRST), (NOTES, BERTHA)]
            assert visit.server.of("access_token") == []
            await visit.server.broadcast("notes", "for bertha")
            await until(lambda: visit.news == ["for bertha"])
            assert len(visit.server.keys) == 2, "two connections, one for each"

    run(scenario)


def test_a_session_that_ended_over_the_work_joins_nothing_more_until_its_person_is_back(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            visit.live.problem = Problem(ErrorKind.SESSION_ENDED, "access_token", Outcome.MISUSE)
            visit.tell(AuthEvent.REAUTH_REQUIRED)
            await until(lambda: visit.client.realtime.access_token == KEY)
            await settled()
            assert visit.server.of("access_token") == []
            assert visit.server.joined == {NOTES}, "it ends with its token, or goes on with the next one"
            visit.live.problem = None
            visit.refreshed(SECOND)
            await until(lambda: visit.server.of("access_token") == [(NOTES, SECOND)])

    run(scenario)


def test_a_token_that_cannot_be_had_now_changes_nothing(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            visit.live.problem = Problem(ErrorKind.OFFLINE, "refresh", Outcome.UNREACHABLE)
            visit.tell(AuthEvent.REFRESH_FAILED)
            await settled()
            assert visit.client.realtime.access_token == FIRST
            assert visit.server.heard == [("phx_join", NOTES, FIRST)]

    run(scenario)


def test_a_sign_out_does_not_wait_for_a_server_that_never_says_goodbye(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, BERTHA) as visit:
            await visit.join("notes")
            visit.server.fall_silent()
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            visit.live.token = BERTHA
            visit.tell(AuthEvent.SIGNED_IN)
            await visit.join("notes")
            assert visit.server.of("phx_join")[-1] == (NOTES, BERTHA)

    run(scenario)


def test_no_token_goes_to_where_the_server_sends_us(run: Run, canary: Canary) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit, phoenix(FIRST) as stranger:
            visit.server.elsewhere = f"ws://127.0.0.1:{stranger.port}/"
            await visit.open()
            with pytest.raises(RuntimeError, match="sent us elsewhere"):
                await visit.client.channel("notes").subscribe()
            assert stranger.heard == []

    run(scenario)


def test_a_callback_that_raises_keeps_nobody_in(run: Run, expected_logs: LogWatch) -> None:
    def refuse(*_: object) -> None:
        if visits[0].live.token is None:
            raise ValueError

    visits: list[Visit] = []

    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            visits.append(visit)
            await visit.open()
            await visit.client.channel("notes").subscribe(refuse)
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            await until(lambda: visit.server.connections == 0)

    expected_logs("a channel's callback raised ValueError")
    run(scenario)


def test_it_ends_with_auth(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            visit.server.fall_silent()
            await visit.bridge.close()
            assert visit.client.realtime.access_token == KEY
            with pytest.raises(RuntimeError, match="Auth has been left"):
                await visit.client.channel("notes").subscribe()

    run(scenario)


def test_the_sdk_still_calls_its_socket_what_we_call_it() -> None:
    """Else a redirect would go unseen."""
    assert "_ws_connection" in vars(AsyncRealtimeClient("ws://127.0.0.1:9", "key"))
    assert hasattr(websockets.ClientProtocol(websockets.uri.parse_uri("ws://127.0.0.1:9")), "uri")
    assert LiveRealtime("http://127.0.0.1:9/realtime/v1", KEY).url.startswith("ws://127.0.0.1:9/realtime/v1/websocket")
