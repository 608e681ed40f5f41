"""``python -m tests.simulation.run``: many worlds on all processors, and the promises beside ``supabase_auth``'s."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulation.breaks import COLUMN, NAMES, broken
from tests.simulation.tally import PROMISES, Tally, as_json
from tests.simulation.world import live

#: Columns that need a look inside, or a promise that the other client does not make.
_ONLY_OURS = ("crowded_refreshes", "stayed_behind", "told_before_saved", "unhandled", "untold_ends")


_SHOWN = 20  # excluded cases that are told one by one


@dataclass(frozen=True)
class Job:
    """One world of one client, perhaps with a protection taken away."""

    seed: int
    days: int
    client: str = "ours"
    broken: str | None = None


World = dict[str, Any]


def play(job: Job) -> tuple[Job, World]:
    """Live through it; for a process of its own."""
    with broken(job.broken):
        return job, live(job.seed, job.days, job.client)


def played(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, World]]:
    """All of them, in any order, on so many processes."""
    if processes <= 1:
        yield from map(play, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=100) as pool:
        yield from pool.imap_unordered(play, jobs)


def tallies(jobs: Sequence[Job], processes: int) -> dict[tuple[str, str | None], Tally]:
    """The worlds added up, by client and by what was taken away."""
    found: dict[tuple[str, str | None], Tally] = {}
    for done, (job, world) in enumerate(played(jobs, processes), 1):
        found.setdefault((job.client, job.broken), Tally(job.days)).add(job.seed, world)
        if done % max(1, len(jobs) // 10) == 0:
            tell(f"{done} of {len(jobs)} worlds")
    return found


def tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    options = _parsed()
    if options.trace:
        return trace(options)
    seeds = range(options.seed, options.seed + options.seeds)
    jobs = [Job(seed, options.days, "ours", options.broken) for seed in seeds]
    jobs += [Job(seed, options.days) for seed in seeds if options.broken]
    jobs += [Job(seed, options.days, "supabase_auth") for seed in seeds if not options.broken]
    found = tallies(jobs, options.processes)
    ours, other = found["ours", options.broken], found.get(("supabase_auth", None))
    report = as_json(ours, other)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(ours, other))
    if options.broken:
        return verdict_on_break(options.broken, found["ours", None], ours)
    return verdict(ours, options)


def trace(options: argparse.Namespace) -> int:
    """One world, told step by step."""
    client = "supabase_auth" if options.trace == "supabase_auth" else "ours"
    with broken(options.broken):
        world = live(options.seed, options.days, client, tell)
    tell(json.dumps(world["broken"]))
    return int(any(name in PROMISES for name in world["broken"]))


def table(ours: Tally, other: Tally | None) -> str:
    """The columns side by side."""
    mine, theirs = ours.columns(), other.columns() if other else {}
    lines = [f"{'':28}{'ours':>12}{'supabase_auth':>16}"]
    for name, value in mine.items():
        beside = "" if name in _ONLY_OURS else theirs.get(name, "")
        lines.append(f"{name:28}{value:>12}{beside:>16}")
    return "\n".join(lines) + "\n"


def replay(seed: int, days: int) -> str:
    """The command that tells the story of one world."""
    return f"python3 -m nox -s simulate -- --seed {seed} --days {days} --trace"


def verdict(ours: Tally, options: argparse.Namespace) -> int:
    failed = 0
    for line in sorted(ours.apart)[:_SHOWN]:
        tell(f"excluded: {line}")
    if len(ours.apart) > _SHOWN:
        tell(f"excluded: and {len(ours.apart) - _SHOWN} more")
    for seed, bad in sorted(ours.failing.items()):
        failed = 1
        tell(f"seed {seed}: {bad}")
        tell(f"  {replay(seed, options.days)}")
    for kind, count in ours.tame().items():
        failed = 1
        tell(f"too tame: {kind} came {count} times in {ours.seeds} worlds of {ours.days} days")
    return failed


def verdict_on_break(name: str, whole: Tally, without: Tally) -> int:
    """Whether the missing protection shows in its column."""
    column = COLUMN[name]
    before, after = whole.column(column), without.column(column)
    tell(f"without {name}: {column} {before} -> {after}")
    return int(after <= before)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--break", dest="broken", choices=NAMES, help="take one protection away")
    parser.add_argument(
        "--trace", nargs="?", const="ours", choices=("ours", "supabase_auth"), help="tell --seed step by step"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
