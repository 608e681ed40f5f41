"""Many worlds added up: the columns that the simulation prints, and whether it has failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.chaos import KINDS, LEAST

#: What must never happen to our client.
PROMISES = (
    "lost_sessions",
    "family_revocations",
    "resurrections",
    "duplicate_events",
    "endless_calls",
    "told_before_saved",
    "untold_ends",
    "unhandled",
)
#: What may happen, and gets worse when a protection is missing.
COSTS = (
    "excluded",
    "crowded_refreshes",
    "overlapping_refreshes",
    "needless_refreshes",
    "stayed_behind",
    "waits_after_lost_answers",
)


@dataclass
class Tally:
    """The worlds of one client."""

    days: int
    seeds: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    chaos: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    apart: list[str] = field(default_factory=list)
    failing: dict[int, dict[str, int]] = field(default_factory=dict)

    def add(self, seed: int, world: dict[str, Any]) -> None:
        self.seeds += 1
        self.broken.update(world["broken"])
        self.chaos.update(world["chaos"])
        self.apart += [f"seed {seed}: {what}" for what in world["apart"]]
        for name in ("refreshes", "requests", "hours", "short_refreshes", "short_hours"):
            self.sums[name] += world[name]
        if bad := {name: count for name, count in world["broken"].items() if name in PROMISES}:
            self.failing[seed] = bad

    def column(self, name: str) -> float:
        match name:
            case "refreshes" | "requests":
                return self.sums[name]
            case "refreshes_per_session_hour":
                return round(self.sums["refreshes"] / max(self.sums["hours"], 1e-9), 3)
            case "refreshes_per_short_hour":
                return round(self.sums["short_refreshes"] / max(self.sums["short_hours"], 1e-9), 3)
            case _:
                return self.broken[name]

    def columns(self) -> dict[str, float]:
        rates = ("refreshes", "requests", "refreshes_per_session_hour", "refreshes_per_short_hour")
        return {name: self.column(name) for name in (*PROMISES, *COSTS, *rates)}

    def tame(self) -> dict[str, int]:
        """The kinds of chaos that came too seldom to prove anything."""
        least = LEAST * self.seeds * self.days / 30
        return {kind: self.chaos[kind] for kind in KINDS if self.chaos[kind] < least}


def as_json(ours: Tally, other: Tally | None) -> dict[str, Any]:
    """The report, in the shape that is written to a file."""
    whole: dict[str, Any] = {"seeds": ours.seeds, "days": ours.days, **ours.columns()}
    whole["chaos"] = {kind: ours.chaos[kind] for kind in KINDS}
    whole["supabase_auth"] = {**other.columns(), "chaos": {k: other.chaos[k] for k in KINDS}} if other else None
    return whole


def added(days: int, worlds: Iterable[tuple[int, dict[str, Any]]]) -> Tally:
    tally = Tally(days)
    for seed, world in worlds:
        tally.add(seed, world)
    return tally
