"""Months of trouble in virtual time: what must never happen does not, and what stands against it is needed.

The worlds run on all processors, as ``nox -s simulate`` runs them; that one lives through more and longer ones.
"""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.simulation.breaks import COLUMN, NAMES
from tests.simulation.run import Job, replay, tallies
from tests.simulation.tally import PROMISES, Tally
from tests.simulation.world import live

_SEEDS, _DAYS = range(1, 21), 10
_FEW, _SHORT = range(1, 7), 4  # what a missing protection is measured by
_LIMIT = pytest.mark.timeout(400)  # seconds, of which the first test of this file takes all

Tallies = dict[tuple[str, str | None], Tally]


@pytest.fixture(scope="module")
def months() -> Tallies:
    """Both clients in every world."""
    jobs = [Job(seed, _DAYS, client) for seed in _SEEDS for client in ("ours", "supabase_auth")]
    return tallies(jobs, os.cpu_count() or 1)


@pytest.fixture(scope="module")
def weeks() -> Tallies:
    """Our client whole, and without each of its protections."""
    jobs = [Job(seed, _SHORT, "ours", name) for seed in _FEW for name in (None, *NAMES)]
    return tallies(jobs, os.cpu_count() or 1)


@_LIMIT
@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_holds_in_every_world(months: Tallies, promise: str) -> None:
    bad = [seed for seed, found in months["ours", None].failing.items() if promise in found]
    assert not bad, "\n".join(replay(seed, _DAYS) for seed in bad)


@_LIMIT
def test_every_kind_of_trouble_has_come_often_enough(months: Tallies) -> None:
    assert months["ours", None].tame() == {}


@_LIMIT
def test_the_same_trouble_costs_the_other_client_sessions(months: Tallies) -> None:
    assert months["supabase_auth", None].column("lost_sessions") > 0


@_LIMIT
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_protection_shows_in_its_column(weeks: Tallies, name: str) -> None:
    assert weeks["ours", name].column(COLUMN[name]) > weeks["ours", None].column(COLUMN[name])


@pytest.mark.parametrize("client", ["ours", "supabase_auth"])
def test_one_seed_is_one_story(client: str) -> None:
    def told() -> str:
        story = hashlib.sha256()
        live(7, 2, client, lambda line: story.update(line.encode()))
        return story.hexdigest()

    assert told() == told()
