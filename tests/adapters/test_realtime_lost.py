"""What is lost comes back, over a real WebSocket: connections that the SDK gave up, channels whose token ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from desktopauth.core.events import AuthEvent
from tests.adapters.gateway_verbs import jwt
from tests.adapters.realtime_visit import PATIENCE, Visit, visiting
from tests.scenario import Run, settled, until

FIRST, SECOND, BERTHA = jwt(sub="ada", n=1), jwt(sub="ada", n=2), jwt(sub="bertha", n=3)
# the SDK asks its WebSocket library why a connection was closed by names that are going away
pytestmark = pytest.mark.filterwarnings("ignore:ConnectionClosed.(code|reason) is deprecated:DeprecationWarning")
NOTES = "realtime:notes"


def test_after_a_lost_connection_it_joins_again_with_the_newest_token(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            await visit.server.stop()
            await until(lambda: not visit.client.realtime.is_connected)
            visit.refreshed(SECOND)
            await visit.server.start()
            await until(lambda: visit.server.joined == {NOTES})
            assert visit.server.of("phx_join")[-1] == (NOTES, SECOND)

    run(scenario)


WAYS_BACK: dict[str, Callable[[Visit], None]] = {
    "a wake, or the network": lambda visit: visit.bridge.rouse(),
    "a refresh": lambda visit: visit.refreshed(SECOND),
}


@pytest.mark.parametrize("way", WAYS_BACK)
def test_what_the_sdk_gave_up_is_taken_up_again(way: str, run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            visit.client.realtime.max_retries, visit.client.realtime.initial_backoff = 2, 0.01
            await visit.server.stop()
            await until(lambda: visit.gave_up() and not visit.client.realtime.is_connected)
            await settled()
            await visit.server.start()
            await asyncio.sleep(0.2)
            assert visit.server.joined == set(), "nobody looks by themselves so soon"
            WAYS_BACK[way](visit)
            await until(lambda: visit.server.joined == {NOTES})

    run(scenario)


def test_it_looks_by_itself_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATIENCE, 0.05)

    async def scenario() -> None:
        async with visiting(FIRST) as visit:
            await visit.join("notes")
            visit.client.realtime.max_retries, visit.client.realtime.initial_backoff = 1, 0.01
            await visit.server.stop()
            await until(visit.gave_up)
            await visit.server.start()
            await until(lambda: visit.server.joined == {NOTES})

    run(scenario)


def test_a_channel_that_was_closed_for_its_token_comes_back_with_a_new_one(run: Run) -> None:
    """The same object, with the developer's callbacks, and not before there is another token."""

    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            channel = visit.client.channel("notes")
            visit.live.fresh = SECOND
            visit.live.may_renew.clear()
            await visit.server.end_token("notes")
            await until(lambda: visit.live.refused == [FIRST])
            assert visit.server.joined == set()
            visit.live.may_renew.set()
            await until(lambda: visit.server.joined == {NOTES})
            await until(lambda: channel.is_joined)
            assert visit.client.channel("notes") is channel
            await visit.server.broadcast("notes", "again")
            await until(lambda: visit.news == ["again"])
            assert visit.server.of("phx_join") == [(NOTES, FIRST), (NOTES, SECOND)]
            assert [state for state in visit.states if "SUBSCRIBED" in state] == ["notes SUBSCRIBED"] * 2

    run(scenario)


def test_where_no_other_token_is_to_be_had_it_waits_for_the_next_refresh(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            await visit.server.end_token("notes")
            await until(lambda: visit.live.refused == [FIRST])
            await settled()
            assert len(visit.server.of("phx_join")) == 1
            visit.refreshed(SECOND)
            await until(lambda: visit.server.joined == {NOTES})

    run(scenario)


def test_a_server_that_ends_every_token_costs_one_renewal(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            visit.live.fresh = SECOND
            await visit.server.end_token("notes")
            await until(lambda: visit.server.of("phx_join") == [(NOTES, FIRST), (NOTES, SECOND)])
            await until(lambda: visit.client.channel("notes").is_joined)
            await visit.server.end_token("notes")
            await until(lambda: visit.client.realtime.refused == SECOND)
            for _ in range(5):
                visit.bridge.rouse()
                await settled()
            assert visit.live.refused == [FIRST]

    run(scenario)


def test_a_channel_that_was_closed_for_another_reason_or_left_stays_away(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            await visit.join("tasks")
            await visit.server.close_channel("notes")
            await visit.client.channel("tasks").unsubscribe()
            await until(lambda: not visit.client.get_channels())
            visit.refreshed(SECOND)
            await asyncio.sleep(0.1)
            assert len(visit.server.of("phx_join")) == 2
            assert visit.live.refused == []

    run(scenario)


def test_a_developer_who_opens_it_again_themselves_is_not_disturbed(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, SECOND) as visit:
            await visit.join("notes")
            await visit.server.end_token("notes")
            await until(lambda: visit.live.refused == [FIRST])
            await visit.join("notes")
            visit.refreshed(SECOND)
            await until(lambda: visit.server.of("access_token") == [(NOTES, SECOND)])
            assert len(visit.server.of("phx_join")) == 2

    run(scenario)


def test_signed_out_nothing_comes_back(run: Run) -> None:
    async def scenario() -> None:
        async with visiting(FIRST, BERTHA) as visit:
            await visit.join("notes")
            await visit.server.end_token("notes")
            await until(lambda: visit.live.refused == [FIRST])
            visit.live.token = None
            visit.tell(AuthEvent.SIGNED_OUT)
            visit.live.token = BERTHA
            visit.tell(AuthEvent.SIGNED_IN)
            await asyncio.sleep(0.1)
            assert visit.server.of("phx_join") == [(NOTES, FIRST)]

    run(scenario)
