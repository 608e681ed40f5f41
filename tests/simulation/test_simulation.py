"""Months of trouble in virtual time: what must never happen does not, and what stands against it is needed.

The worlds run on all processors, as ``nox -s simulate`` runs them; that one lives through more and longer ones.
"""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.simulation.breaks import COLUMN, NAMES
from tests.simulation.run import tallies
from tests.simulation.tally import PROMISES, Tally
from tests.simulation.world import live

_PROCESSES = os.cpu_count() or 1
_SEEDS, _DAYS = range(1, 21), 10
_FEW, _SHORT = range(1, 7), 6  # what a break is measured by


@pytest.fixture(scope="module")
def both() -> dict[str, Tally]:
    return tallies(_SEEDS, _DAYS, name=None, beside=True, processes=_PROCESSES)


@pytest.fixture(scope="module")
def whole() -> Tally:
    return tallies(_FEW, _SHORT, name=None, beside=False, processes=_PROCESSES)["ours"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_holds_in_every_world(both: dict[str, Tally], promise: str) -> None:
    bad = {seed: found for seed, found in both["ours"].failing.items() if promise in found}
    replay = [f"python -m tests.simulation.run --seed {seed} --days {_DAYS} --trace" for seed in bad]
    assert not bad, "\n".join(replay)


@pytest.mark.timeout(300)
def test_every_kind_of_trouble_has_come_often_enough(both: dict[str, Tally]) -> None:
    assert both["ours"].tame() == {}


@pytest.mark.timeout(300)
def test_the_same_trouble_costs_the_other_client_sessions(both: dict[str, Tally]) -> None:
    assert both["supabase_auth"].column("lost_sessions") > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_protection_shows_in_its_column(whole: Tally, name: str) -> None:
    without = tallies(_FEW, _SHORT, name=name, beside=False, processes=_PROCESSES)["ours"]
    assert without.column(COLUMN[name]) > whole.column(COLUMN[name])


@pytest.mark.parametrize("client", ["ours", "supabase_auth"])
def test_one_seed_is_one_story(client: str) -> None:
    def told() -> str:
        story = hashlib.sha256()
        live(7, 2, client, lambda line: story.update(line.encode()))
        return story.hexdigest()

    assert told() == told()
