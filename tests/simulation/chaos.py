"""The weather of a world, drawn before it begins, so that every client under the same seed lives through the same.

The server's troubles come and go by true time, also while the machine sleeps. What the person and the machine do is
drawn as one list of acts per day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

DAY = 86_400.0

#: What the person, the network, the clock, the keyring and the system do, and how often (a weight, not a rate).
ACTS: dict[str, float] = {
    "use": 10,
    "burst": 3,
    "nudge": 4,
    "suspend": 5,
    "network": 6,
    "clock": 1.2,
    "keyring_locked": 1.2,
    "keyring_refusing": 1.2,
    "keyring_gone": 0.8,
    "keyring_slow": 1.0,
    "sign_out": 0.4,
    "sign_out_refreshing": 0.8,
    "second": 2.5,
    "close": 1.5,
    "kill": 1.0,
    "trap_save": 1.2,
    "trap_refresh": 1.5,
    "trap_end": 0.4,
    "trap_any": 0.8,
}

#: A trouble of the server: how many a day, and the seconds it lasts on average.
TROUBLES: dict[str, tuple[float, float]] = {
    "outage": (2.5, 240),
    "storm": (2.5, 300),
    "limit": (3.0, 240),
    "limit_silent": (3.0, 240),
    "dropping": (3.5, 900),
    "slow": (3.0, 600),
}

#: What every world must have seen at least so often in 30 days, on average over the seeds.
KINDS = (
    "app_opened",
    "app_closed",
    "both_open",
    "captive_portal",
    "clock_jump",
    "dns_failure",
    "dropped_answer",
    "keyring_gone",
    "keyring_locked",
    "keyring_refusing",
    "keyring_slow",
    "kill",
    "kill_any",
    "kill_end",
    "kill_refresh",
    "kill_save",
    "network_change",
    "outage",
    "rate_limit",
    "rate_limit_silent",
    "server_end",
    "short_life",
    "sign_in",
    "sign_out",
    "sign_out_refreshing",
    "slow_answer",
    "storm_5xx",
    "suspend",
    "tls_failure",
)
LEAST = 10


@dataclass(frozen=True)
class Change:
    """Something happens to the server at ``at`` (seconds since the beginning)."""

    at: float
    what: str
    value: Any = None


@dataclass(frozen=True)
class Act:
    """Something happens at the machine, ``after`` so many waking seconds; ``luck`` in [0, 1) decides the details."""

    after: float
    what: str
    luck: random.Random


@dataclass(frozen=True)
class Sitting:
    """A stretch of the day at the machine: from ``begin`` (seconds since the beginning) on, act by act."""

    begin: float
    acts: tuple[Act, ...]
    end: str  # close | kill | suspend


def server_weather(seed: int, days: int, life: int) -> list[Change]:
    """Everything that happens to the server, in order of time."""
    rng = random.Random(f"{seed} weather")
    found: list[Change] = []
    for trouble, (often, mean) in TROUBLES.items():
        for at in _times(rng, often, days):
            found += [Change(at, "trouble", trouble), Change(at + rng.expovariate(1 / mean) + 20, "better", trouble)]
    for at in _times(rng, 0.8, days):
        found.append(Change(at, "end", rng.choice(("admin", "password", "ban"))))
    for at in _times(rng, 0.5, days):
        found += [Change(at, "life", rng.choice((50, 80, 110))), Change(at + rng.uniform(900, 2400), "life", life)]
    return sorted(found, key=lambda change: change.at)


def days_at_the_machine(seed: int, days: int) -> list[Sitting]:
    """When the person sits there, and what happens then."""
    rng = random.Random(f"{seed} person")
    return [sitting for day in range(days) for sitting in _day(rng, day * DAY)]


def _day(rng: random.Random, midnight: float) -> list[Sitting]:
    found, at = [], midnight + rng.uniform(6.5, 9.5) * 3600
    for _ in range(rng.choice((2, 3, 3, 4))):
        length = rng.uniform(0.5, 3.0) * 3600
        found.append(Sitting(at, _acts(rng, length), rng.choice(("close", "close", "kill", "suspend", "suspend"))))
        at += length + rng.uniform(0.5, 2.0) * 3600
    return found


def _acts(rng: random.Random, length: float) -> tuple[Act, ...]:
    acts, spent = [], 0.0
    while spent < length:
        after = rng.expovariate(1 / 330) if rng.random() < 0.8 else rng.uniform(0, 5)
        spent += after
        what = rng.choices(list(ACTS), list(ACTS.values()))[0]
        acts.append(Act(after, what, random.Random(rng.random())))
    return tuple(acts)


def _times(rng: random.Random, often: float, days: int) -> list[float]:
    """Moments at random, so many a day, and mostly when people are awake."""
    count = int(often * days) + (rng.random() < often * days % 1)
    return [
        rng.randrange(days) * DAY + (rng.uniform(7, 22) if rng.random() < 0.9 else rng.uniform(0, 24)) * 3600
        for _ in range(count)
    ]
